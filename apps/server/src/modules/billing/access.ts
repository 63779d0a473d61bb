import type { Access, Use } from '../../platform/access.ts';
import { dayMs } from '../../platform/clock.ts';
import type { SubscriptionStatus } from './subscription-states.ts';

/** So long the vendor's end users can go on after the end of the subscription (billing.md). */
const windDownMs = 30 * dayMs;

const allowed: Access = { allowed: true, warning: null };
const paymentRequired: Access = { allowed: false, code: 'PAYMENT_REQUIRED' };
const inactive: Access = { allowed: false, code: 'SUBSCRIPTION_INACTIVE' };

/**
 * What an account may do (billing.md, "States"). Times in epoch milliseconds.
 *
 * @param subscription the live one, else the one that ended last; null: there never was one, and the wind-down runs
 *   from the creation of the account.
 */
export function accessOf(
  subscription: { status: SubscriptionStatus; ended_at: number | null } | null,
  accountCreatedAt: number,
  use: Use,
  now: number,
): Access {
  if (use === 'read') return allowed;
  switch (subscription?.status) {
    case 'trialing':
    case 'active':
      return allowed;
    case 'past_due':
      return use === 'write' ? { allowed: true, warning: 'PAYMENT_PAST_DUE' } : allowed;
    case 'unpaid':
      // The vendor's customers are never punished for the vendor.
      return use === 'device' ? allowed : paymentRequired;
    case 'incomplete':
      return paymentRequired;
    default: {
      const endedAt = subscription?.ended_at ?? accountCreatedAt;
      return use === 'device' && now < endedAt + windDownMs ? allowed : inactive;
    }
  }
}
