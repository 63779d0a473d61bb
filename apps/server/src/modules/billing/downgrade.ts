import { type downgrade as contract, planMetrics } from '@thrivetech/contracts';
import { AppError, conflict, invalid } from '../../platform/app-error.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { Billing } from './billing-context.ts';
import { changeSubscription } from './change-subscription.ts';
import { choosePlan, directionFor } from './choose-plan.ts';
import { requireOwn, showSubscription } from './read-subscription.ts';

export const downgrade =
  (billing: Billing): UseCaseOf<typeof contract> =>
  (request, { plan_code, interval }) =>
    billing.uow.run(request, async (tx) => {
      const { account_id } = request.actor;
      const subscription = requireOwn(await tx.subscriptions.findCurrentForUpdate(account_id));
      if (subscription.status === 'incomplete') {
        throw new AppError('SUBSCRIPTION_INACTIVE', { message: 'Its first payment is still open.' });
      }
      const chosen = await choosePlan(billing, tx, account_id, {
        ...{ plan_code, interval: interval ?? subscription.interval, currency: subscription.currency },
      });
      const direction = directionFor(billing, subscription, chosen);
      if (direction === 'same') throw conflict('same_plan', 'The subscription is on this plan already.');
      if (direction === 'up') throw invalid('plan_code', 'is no downgrade; use upgrade');

      const { plan, priced } = chosen;
      const scheduled = await changeSubscription(
        tx,
        request,
        subscription,
        { ...subscription, pending_plan_code: priced.plan_code, pending_interval: priced.interval },
        'subscription.downgrade_scheduled',
      );
      const used = await tx.usage.gauges(account_id);
      const exceeds = planMetrics.flatMap((metric) => {
        const limit = plan.limits[metric];
        return limit !== null && used[metric] > limit ? [{ metric, used: used[metric], limit }] : [];
      });
      return { subscription: await showSubscription(tx, scheduled), exceeds };
    });
