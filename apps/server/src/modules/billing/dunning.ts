import { dayMs, hourMs, minuteMs } from '../../platform/clock.ts';

/** Days after the invoice on which its payment is tried (billing.md). */
export const dunningDays = [0, 1, 3, 7, 14] as const;

/**
 * When a payment that was refused is tried again; null: not any more. What was missed meanwhile is not made up for.
 * Epoch milliseconds.
 */
export function nextAttemptAt(finalizedAt: number, attemptedAt: number): number | null {
  const attempts = dunningDays.map((day) => finalizedAt + day * dayMs);
  return attempts.find((at) => at > attemptedAt) ?? null;
}

/** When a subscription that is past due becomes unpaid (billing.md). */
export const dunningEndsAt = (startedAt: number): number => startedAt + 14 * dayMs;

/** When one that is still not paid is canceled (billing.md). */
export const givenUpAt = (startedAt: number): number => startedAt + 30 * dayMs;

/** How long the first payment of a subscription may be open (billing.md). */
export const firstPaymentExpiresAt = (createdAt: number): number => createdAt + 23 * hourMs;

/** How long after a payment its provider is asked how it stands, while it does not know (billing.md). */
export const pollDelays = [5 * minuteMs, hourMs, dayMs] as const;

/**
 * When the provider is asked next, epoch milliseconds: after the last delay once a day.
 *
 * @param polls how often it was asked already.
 */
export const nextPollAt = (createdAt: number, polls: number): number =>
  createdAt + (pollDelays[polls] ?? (polls - 1) * dayMs);
