import { subscriptionStatuses } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import type { Access, Use } from '../../platform/access.ts';
import { accessOf } from './access.ts';
import type { SubscriptionStatus } from './subscription-states.ts';

const dayMs = 24 * 60 * 60 * 1_000;
const createdAt = Date.UTC(2026, 0, 1);
const endedAt = Date.UTC(2026, 5, 1);
const uses = ['write', 'read', 'device'] as const;

const yes: Access = { allowed: true, warning: null };
const warned: Access = { allowed: true, warning: 'PAYMENT_PAST_DUE' };
const unpaid: Access = { allowed: false, code: 'PAYMENT_REQUIRED' };
const inactive: Access = { allowed: false, code: 'SUBSCRIPTION_INACTIVE' };

/** The table of billing.md: writes, reads, device calls; of what has ended within the wind-down and after it. */
const live: [SubscriptionStatus, Access, Access, Access][] = [
  ['trialing', yes, yes, yes],
  ['active', yes, yes, yes],
  ['past_due', warned, yes, yes],
  ['unpaid', unpaid, yes, yes],
  ['incomplete', unpaid, yes, unpaid],
];
const ended: (SubscriptionStatus | null)[] = ['canceled', 'incomplete_expired', null];

/** What each use is answered, in the order of the table. */
const answers = (status: SubscriptionStatus | null, ended_at: number | null, now: number) =>
  uses.map((use: Use) => accessOf(status && { status, ended_at }, createdAt, use, now));

describe('the access of an account', () => {
  it('is decided for every status', () => {
    const statuses = [...live.map(([status]) => status), ...ended.filter((status) => status !== null)];
    expect(statuses.toSorted()).toEqual(subscriptionStatuses.toSorted());
  });

  it.each(live)('that is %s does not depend on the time', (status, write, read, device) => {
    for (const now of [createdAt, createdAt + 30 * dayMs, createdAt + 10_000 * dayMs]) {
      expect(answers(status, null, now)).toEqual([write, read, device]);
    }
  });

  it.each(ended)(
    'that is %s: end users go on for 30 days to the millisecond, management only reads',
    (status) => {
      const from = status === null ? createdAt : endedAt;
      const end = from + 30 * dayMs;
      const ended_at = status === null ? null : endedAt;
      for (const now of [from, end - 1]) expect(answers(status, ended_at, now)).toEqual([inactive, yes, yes]);
      for (const now of [end, end + 1, end + 10_000 * dayMs]) {
        expect(answers(status, ended_at, now)).toEqual([inactive, yes, inactive]);
      }
    },
  );

  it('winds down from the end of the subscription, not from the creation of the account', () => {
    const now = createdAt + 30 * dayMs;
    expect(answers('canceled', now - 1, now)).toEqual([inactive, yes, yes]);
  });
});
