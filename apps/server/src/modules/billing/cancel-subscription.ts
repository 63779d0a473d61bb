import type {
  cancelSubscription as cancelContract,
  resumeSubscription as resumeContract,
} from '@thrivetech/contracts';
import { AppError, notFound } from '../../platform/app-error.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { Billing } from './billing-context.ts';
import { changeSubscription } from './change-subscription.ts';
import { refuseByContract, showSubscription } from './read-subscription.ts';
import { isLive, type SubscriptionStatus } from './subscription-states.ts';
import { endSubscription } from './take-step.ts';

/** What is not paid has no end to wait for. */
const endsAtOnce: readonly SubscriptionStatus[] = ['incomplete', 'unpaid'];

export const cancelSubscription =
  ({ uow }: Billing): UseCaseOf<typeof cancelContract> =>
  (request, { at }) =>
    uow.run(request, async (tx) => {
      const { now, actor } = request;
      const subscription = await tx.subscriptions.findCurrentForUpdate(actor.account_id);
      if (!subscription) throw notFound('subscription');
      refuseByContract(subscription);
      if (!isLive(subscription.status)) return showSubscription(tx, subscription);
      if (at === 'now' || endsAtOnce.includes(subscription.status)) {
        return showSubscription(tx, await endSubscription(tx, request, subscription, 'canceled'));
      }
      if (subscription.cancel_at_period_end) return showSubscription(tx, subscription);
      const canceled = { ...subscription, cancel_at_period_end: true, canceled_at: now };
      const saved = await changeSubscription(
        tx,
        request,
        subscription,
        canceled,
        'subscription.cancel_scheduled',
      );
      return showSubscription(tx, saved);
    });

export const resumeSubscription =
  ({ uow }: Billing): UseCaseOf<typeof resumeContract> =>
  (request) =>
    uow.run(request, async (tx) => {
      const subscription = await tx.subscriptions.findCurrentForUpdate(request.actor.account_id);
      if (!subscription) throw notFound('subscription');
      refuseByContract(subscription);
      if (!isLive(subscription.status)) throw new AppError('SUBSCRIPTION_INACTIVE');
      if (!subscription.cancel_at_period_end && subscription.pending_plan_code === null) {
        return showSubscription(tx, subscription);
      }
      const resumed = {
        ...subscription,
        ...{ cancel_at_period_end: false, canceled_at: null },
        ...{ pending_plan_code: null, pending_interval: null },
      };
      const saved = await changeSubscription(tx, request, subscription, resumed, 'subscription.resumed');
      return showSubscription(tx, saved);
    });
