import { conflict, invalid } from '../../platform/app-error.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { Billing } from './billing-context.ts';
import type { PlanContract } from './plan-contract.repository.ts';
import type { SubscriptionRecord } from './subscription.ts';
import { isLive } from './subscription-states.ts';
import { endSubscription } from './take-step.ts';

/**
 * Offers a plan to an account at a price of its own. Only the operator does that; the account subscribes to it, or
 * upgrades, as to any other plan.
 *
 * @throws {AppError} VALIDATION_ERROR for an unknown plan, and for one whose price is in the plan file.
 */
export function setContract(
  { uow, plans }: Pick<Billing, 'uow' | 'plans'>,
  request: RequestContext,
  fields: Pick<PlanContract, 'plan_code' | 'currency' | 'month' | 'year'>,
): Promise<PlanContract> {
  const { account_id } = request.actor;
  return uow.run(request, async (tx) => {
    const plan = plans.find(fields.plan_code);
    if (!plan?.custom) throw invalid('plan', 'must be a plan of the plan file that is custom');
    const before = await tx.planContracts.find(account_id);
    const contract = { ...fields, account_id, created_at: request.now };
    await tx.planContracts.save(contract);
    await tx.audit.record(request, {
      ...{ action: 'plan_contract.set', target_id: account_id, after: contract },
      ...(before && { before }),
    });
    return contract;
  });
}

/**
 * Takes away a plan that the operator gave: the account has to subscribe to one itself from now on.
 *
 * @throws {AppError} CONFLICT when the account has no such plan.
 */
export function endContract(
  { uow }: Pick<Billing, 'uow'>,
  request: RequestContext,
): Promise<SubscriptionRecord> {
  return uow.run(request, async (tx) => {
    const subscription = await tx.subscriptions.findCurrentForUpdate(request.actor.account_id);
    if (!subscription?.by_contract || !isLive(subscription.status)) {
      throw conflict('not_by_contract', 'The account does not have its plan by contract.');
    }
    return endSubscription(tx, request, subscription, 'canceled');
  });
}
