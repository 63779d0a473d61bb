import type { getSubscription as contract, Subscription } from '@thrivetech/contracts';
import { AppError, conflict, notFound } from '../../platform/app-error.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { Billing, BillingRepositories } from './billing-context.ts';
import {
  type PricedSubscription,
  requirePrice,
  type SubscriptionRecord,
  subscriptionView,
} from './subscription.ts';
import { isLive } from './subscription-states.ts';

export const getSubscription =
  ({ uow }: Pick<Billing, 'uow'>): UseCaseOf<typeof contract> =>
  async (request) => {
    const subscription = await uow.read.subscriptions.findCurrent(request.actor.account_id);
    if (!subscription) throw notFound('subscription');
    return showSubscription(uow.read, subscription);
  };

/** A subscription as callers see it, with what it waits for. */
export const showSubscription = async (
  { invoices }: Pick<BillingRepositories, 'invoices'>,
  subscription: SubscriptionRecord,
): Promise<Subscription> => subscriptionView(subscription, await invoices.findOpen(subscription.account_id));

/**
 * A subscription that its owner may change.
 *
 * @throws {AppError} SUBSCRIPTION_INACTIVE when there is none or it has ended; CONFLICT when it is the operator's to
 *   change.
 */
export function requireOwn(subscription: SubscriptionRecord | null): PricedSubscription {
  if (!subscription || !isLive(subscription.status)) throw new AppError('SUBSCRIPTION_INACTIVE');
  refuseByContract(subscription);
  return requirePrice(subscription);
}

/** @throws {AppError} CONFLICT */
export function refuseByContract({ by_contract }: Pick<SubscriptionRecord, 'by_contract'>): void {
  if (by_contract) {
    throw conflict(
      'by_contract',
      'The operator of this server has set the plan up, and is the one to change it.',
    );
  }
}
