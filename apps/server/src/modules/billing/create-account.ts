import { invalid } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import { type AccountRecord, type AccountRepository, newAccount } from '../accounts/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { PlanCatalogue } from '../plans/index.ts';
import type { SubscriptionRepository } from './subscription.repository.ts';
import { contractSubscription } from './subscription.ts';

interface Repositories {
  accounts: AccountRepository;
  subscriptions: SubscriptionRepository;
}

/** Writes a new account with what it may do: its plan by contract, which the operator gives and nobody pays here. */
export async function openAccount(
  tx: Repositories,
  account: AccountRecord,
  subscription_id: string,
): Promise<AccountRecord> {
  const { id: account_id, created_at: now, plan_code } = account;
  const opened = { ...account, subscription_id };
  await tx.accounts.insert(opened);
  await tx.subscriptions.insert(contractSubscription(plan_code, { id: subscription_id, account_id, now }));
  return opened;
}

/** Makes a tenant. Only the operator does that, so there is no procedure for it; the request's actor is of the new account. */
export function createAccount(deps: {
  uow: UnitOfWork<Repositories & { audit: AuditLog }>;
  plans: PlanCatalogue;
  newId: NewId;
}) {
  return (
    request: RequestContext,
    fields: Parameters<typeof newAccount>[0] & {
      /** It has to subscribe to a plan itself, and pay for it. */
      is_unsubscribed?: boolean;
    },
  ): Promise<AccountRecord> =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      if (!deps.plans.find(fields.plan_code)) {
        const codes = deps.plans.list().map(({ code }) => code);
        throw invalid('plan', `must be one of ${codes.join(', ')}`);
      }
      const made = newAccount(fields, { id: actor.account_id, now });
      if (fields.is_unsubscribed) await tx.accounts.insert(made);
      const account = fields.is_unsubscribed
        ? made
        : await openAccount(tx, made, deps.newId('subscription', now));
      await tx.audit.record(request, { action: 'account.created', target_id: account.id, after: account });
      return account;
    });
}
