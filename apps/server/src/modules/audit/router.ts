import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { listAuditEntries } from './list-audit-entries.ts';

export const auditRouter = (procedure: ProcedureBuilder, deps: Parameters<typeof listAuditEntries>[0]) =>
  t.router({ list: procedure.query(contracts.listAuditEntries, listAuditEntries(deps)) });
