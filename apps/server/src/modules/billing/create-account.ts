import { invalid } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { AuditLog } from '../audit/index.ts';
import type { PlanCatalogue } from '../plans/index.ts';
import type { AccountRepository } from './account.repository.ts';
import { type AccountRecord, newAccount } from './account.ts';

/** Makes a tenant. Only the operator does that, so there is no procedure for it; the request's actor is of the new account. */
export function createAccount(deps: {
  uow: UnitOfWork<{ accounts: AccountRepository; audit: AuditLog }>;
  plans: PlanCatalogue;
}) {
  return (request: RequestContext, fields: Parameters<typeof newAccount>[0]): Promise<AccountRecord> =>
    deps.uow.run(request, async (tx) => {
      if (!deps.plans.find(fields.plan_code)) {
        const codes = deps.plans.list().map(({ code }) => code);
        throw invalid('plan', `must be one of ${codes.join(', ')}`);
      }
      const account = newAccount(fields, { id: request.actor.account_id, now: request.now });
      await tx.accounts.insert(account);
      await tx.audit.record(request, { action: 'account.created', target_id: account.id, after: account });
      return account;
    });
}
