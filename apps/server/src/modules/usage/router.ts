import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { getUsage, listUsage } from './read-usage.ts';

export const usageRouter = (procedure: ProcedureBuilder, deps: Parameters<typeof getUsage>[0]) =>
  t.router({
    get: procedure.query(contracts.getUsage, getUsage(deps)),
    history: procedure.query(contracts.listUsage, listUsage(deps)),
  });
