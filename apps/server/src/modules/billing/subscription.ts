import type { BillingInterval, Subscription } from '@thrivetech/contracts';
import { toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';
import { periodEnd, periodStart } from '../../platform/periods.ts';
import { dunningEndsAt, firstPaymentExpiresAt, givenUpAt } from './dunning.ts';
import { isLive, type SubscriptionStatus } from './subscription-states.ts';

/** What an account pays for. Times in epoch milliseconds, money in minor units. */
export interface SubscriptionRecord {
  readonly id: string;
  readonly account_id: string;
  readonly plan_code: string;
  readonly interval: BillingInterval;
  readonly status: SubscriptionStatus;
  /** The operator set it up: no price, no end, no invoices. */
  readonly by_contract: boolean;
  readonly currency: string | null;
  readonly price: number | null;
  /** All periods are counted from here, so that a short month shortens no other. */
  readonly anchor_at: number;
  /** Which period is running; -1: the trial, which lies before the first one. */
  readonly period_index: number;
  readonly current_period_start: number;
  readonly current_period_end: number | null;
  readonly trial_end: number | null;
  readonly cancel_at_period_end: boolean;
  readonly canceled_at: number | null;
  readonly ended_at: number | null;
  readonly pending_plan_code: string | null;
  readonly pending_interval: BillingInterval | null;
  /** When the invoice that was refused first was due. */
  readonly past_due_since: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly version: number;
}

/** A plan at its price. */
export interface PricedPlan {
  readonly plan_code: string;
  readonly interval: BillingInterval;
  readonly currency: string;
  readonly price: number;
}

const untouched = {
  ...{ cancel_at_period_end: false, canceled_at: null, ended_at: null },
  ...{ pending_plan_code: null, pending_interval: null, past_due_since: null, version: 1 },
};

/** A plan that the operator gives without a price. */
export function contractSubscription(
  plan_code: string,
  { id, account_id, now }: { id: string; account_id: string; now: number },
): SubscriptionRecord {
  return {
    ...untouched,
    ...{ id, account_id, plan_code, interval: 'month', status: 'active', by_contract: true },
    ...{ currency: null, price: null, anchor_at: now, period_index: 0 },
    ...{ current_period_start: now, current_period_end: null, trial_end: null },
    ...{ created_at: now, updated_at: now },
  };
}

/** @param trialEnd null: without a trial; the first period begins now, and is `incomplete` until it is paid. */
export function newSubscription(
  plan: PricedPlan,
  { id, account_id, now, trialEnd }: { id: string; account_id: string; now: number; trialEnd: number | null },
): SubscriptionRecord {
  const isTrial = trialEnd !== null;
  return {
    ...untouched,
    ...{ id, account_id, by_contract: false, ...plan },
    ...{ status: isTrial ? 'trialing' : 'incomplete', trial_end: trialEnd },
    ...{ anchor_at: trialEnd ?? now, period_index: isTrial ? -1 : 0 },
    ...{ current_period_start: now, current_period_end: trialEnd ?? periodEnd(now, plan.interval, 0) },
    ...{ created_at: now, updated_at: now },
  };
}

/** What happens to a subscription by itself, and when. */
export interface DueStep {
  readonly at: number;
  readonly step: 'first_payment_expired' | 'trial_ended' | 'period_ended' | 'dunning_ended' | 'given_up';
}

/** The next thing that happens by itself; null: nothing does. */
export function nextStep(subscription: SubscriptionRecord): DueStep | null {
  const { status, by_contract, created_at, current_period_end, past_due_since } = subscription;
  if (by_contract) return null;
  const since = past_due_since ?? created_at;
  const periodEnds: DueStep | null =
    current_period_end === null ? null : { at: current_period_end, step: 'period_ended' };
  switch (status) {
    case 'incomplete':
      return { at: firstPaymentExpiresAt(created_at), step: 'first_payment_expired' };
    case 'trialing':
      return periodEnds && { ...periodEnds, step: 'trial_ended' };
    case 'active':
      return periodEnds;
    case 'past_due': {
      const dunningEnds: DueStep = { at: dunningEndsAt(since), step: 'dunning_ended' };
      return periodEnds && periodEnds.at < dunningEnds.at ? periodEnds : dunningEnds;
    }
    case 'unpaid':
      return { at: givenUpAt(since), step: 'given_up' };
    default:
      return null;
  }
}

/** The subscription in its next period, on the plan that was scheduled for it. */
export function nextPeriod(subscription: SubscriptionRecord, plan: PricedPlan): SubscriptionRecord {
  const begins = subscription.current_period_end;
  if (begins === null) throw new Error(`The period of ${subscription.id} does not end.`);
  // Another interval is counted from here on: months do not add up to the years of before, nor years to months.
  const isReanchored = plan.interval !== subscription.interval;
  const anchor_at = isReanchored ? begins : subscription.anchor_at;
  const period_index = isReanchored ? 0 : subscription.period_index + 1;
  return {
    ...subscription,
    ...plan,
    ...{ anchor_at, period_index, pending_plan_code: null, pending_interval: null },
    current_period_start: periodStart(anchor_at, plan.interval, period_index),
    current_period_end: periodEnd(anchor_at, plan.interval, period_index),
  };
}

/** The subscription on another plan from `at` on, in the same period; another interval begins a new one. */
export function switchedTo(
  subscription: SubscriptionRecord,
  plan: PricedPlan,
  at: number,
): SubscriptionRecord {
  const switched = { ...subscription, ...plan, pending_plan_code: null, pending_interval: null };
  if (plan.interval === subscription.interval || subscription.status === 'trialing') return switched;
  return {
    ...switched,
    ...{ anchor_at: at, period_index: 0, current_period_start: at },
    current_period_end: periodEnd(at, plan.interval, 0),
  };
}

/** One that is paid for: not the operator's. */
export type PricedSubscription = SubscriptionRecord & PricedPlan & { current_period_end: number };

/** @throws {Error} for one that the operator has set up. */
export function requirePrice(subscription: SubscriptionRecord): PricedSubscription {
  const { id, currency, price, current_period_end } = subscription;
  if (currency === null || price === null || current_period_end === null) {
    throw new Error(`${id} has no price.`);
  }
  return { ...subscription, currency, price, current_period_end };
}

/** A subscription as callers see it. */
export function subscriptionView(
  subscription: SubscriptionRecord,
  open_invoice_id: string | null,
): Subscription {
  const { id, plan_code, interval, status, by_contract, currency, price, cancel_at_period_end, version } =
    subscription;
  const { pending_plan_code, pending_interval, current_period_end } = subscription;
  const isPending =
    pending_plan_code !== null &&
    pending_interval !== null &&
    current_period_end !== null &&
    isLive(subscription.status);
  return {
    ...{ id, plan_code, interval, status, by_contract, currency, price },
    current_period_start: toTimestamp(subscription.current_period_start),
    current_period_end: toTimestampOrNull(current_period_end),
    trial_end: toTimestampOrNull(subscription.trial_end),
    cancel_at_period_end,
    canceled_at: toTimestampOrNull(subscription.canceled_at),
    ended_at: toTimestampOrNull(subscription.ended_at),
    pending_change: isPending
      ? {
          plan_code: pending_plan_code,
          interval: pending_interval,
          effective_at: toTimestamp(current_period_end),
        }
      : null,
    open_invoice_id,
    created_at: toTimestamp(subscription.created_at),
    updated_at: toTimestamp(subscription.updated_at),
    version,
  };
}
