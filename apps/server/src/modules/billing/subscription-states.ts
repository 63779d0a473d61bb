import type { subscriptionStatuses } from '@thrivetech/contracts';

export type SubscriptionStatus = (typeof subscriptionStatuses)[number];

/** In these a subscription goes on; an account has at most one such (billing.md). */
export const liveStatuses = ['incomplete', 'trialing', 'active', 'past_due', 'unpaid'] as const;

/** A subscription begins with its first payment open, with a trial, or free or by contract. */
export const initialStatuses = ['incomplete', 'trialing', 'active'] as const;

export const isLive = (status: SubscriptionStatus): status is (typeof liveStatuses)[number] =>
  (liveStatuses as readonly SubscriptionStatus[]).includes(status);

/** What can happen to a subscription that concerns its status. */
export const subscriptionEvents = [
  /** An invoice of it is paid, and none is left open. */
  'paid',
  'payment_failed',
  'trial_ended',
  /** The first payment was open for 23 hours. */
  'first_payment_expired',
  /** It was past due for 14 days. */
  'dunning_ended',
  /** The money did not come within 30 days. */
  'given_up',
  'canceled',
] as const;
export type SubscriptionEvent = (typeof subscriptionEvents)[number];

/** What each event makes of each status; whatever does not stand here cannot happen (billing.md, "States"). */
export const transitions: Readonly<
  Record<SubscriptionStatus, Readonly<Partial<Record<SubscriptionEvent, SubscriptionStatus>>>>
> = {
  incomplete: {
    paid: 'active',
    payment_failed: 'incomplete',
    first_payment_expired: 'incomplete_expired',
    canceled: 'canceled',
  },
  incomplete_expired: {},
  trialing: {
    // An upgrade within the trial costs nothing, and its invoice over nothing is paid at once.
    paid: 'trialing',
    payment_failed: 'past_due',
    trial_ended: 'active',
    canceled: 'canceled',
  },
  active: { paid: 'active', payment_failed: 'past_due', canceled: 'canceled' },
  past_due: {
    paid: 'active',
    payment_failed: 'past_due',
    dunning_ended: 'unpaid',
    given_up: 'canceled',
    canceled: 'canceled',
  },
  unpaid: { paid: 'active', payment_failed: 'unpaid', given_up: 'canceled', canceled: 'canceled' },
  canceled: {},
};

/** @throws {Error} when the event cannot happen in this status: whoever tells it has not looked. */
export function transition(status: SubscriptionStatus, event: SubscriptionEvent): SubscriptionStatus {
  const next = transitions[status][event];
  if (next === undefined) throw new Error(`A subscription that is ${status} cannot see ${event}.`);
  return next;
}
