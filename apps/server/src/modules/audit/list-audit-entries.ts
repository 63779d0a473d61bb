import { type listAuditEntries as contract, mapPage } from '@thrivetech/contracts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditRepository } from './audit.repository.ts';
import { auditEntryView } from './audit-entry.ts';

export const listAuditEntries =
  ({ uow }: { uow: UnitOfWork<{ audit: AuditRepository }> }): UseCaseOf<typeof contract> =>
  async (request, filter) =>
    mapPage(await uow.lagging.audit.page(request.actor.account_id, filter), auditEntryView);
