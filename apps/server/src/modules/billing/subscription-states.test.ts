import { subscriptionStatuses } from '@thrivetech/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  initialStatuses,
  isLive,
  liveStatuses,
  type SubscriptionEvent,
  type SubscriptionStatus,
  subscriptionEvents,
  transition,
  transitions,
} from './subscription-states.ts';

const events = [
  ...(['paid', 'payment_failed', 'trial_ended', 'first_payment_expired'] as const),
  ...(['dunning_ended', 'given_up', 'canceled'] as const),
];
const no = null;
/** One row per status, one column per event in the order of above; `no`: it cannot happen. */
const expected: Record<SubscriptionStatus, (SubscriptionStatus | null)[]> = {
  incomplete: ['active', 'incomplete', no, 'incomplete_expired', no, no, 'canceled'],
  incomplete_expired: [no, no, no, no, no, no, no],
  trialing: ['trialing', 'past_due', 'active', no, no, no, 'canceled'],
  active: ['active', 'past_due', no, no, no, no, 'canceled'],
  past_due: ['active', 'past_due', no, no, 'unpaid', 'canceled', 'canceled'],
  unpaid: ['active', 'unpaid', no, no, no, 'canceled', 'canceled'],
  canceled: [no, no, no, no, no, no, no],
};
const pairs = subscriptionStatuses.flatMap((status) =>
  events.map((event, column) => [status, event, expected[status][column]] as const),
);

const allowedIn = (status: SubscriptionStatus) => Object.keys(transitions[status]) as SubscriptionEvent[];

describe('the status of a subscription', () => {
  it('is one of seven, to which seven things can happen', () => {
    expect(subscriptionStatuses).toEqual([
      'incomplete',
      'incomplete_expired',
      'trialing',
      'active',
      'past_due',
      'unpaid',
      'canceled',
    ]);
    expect(Object.keys(transitions).toSorted()).toEqual(subscriptionStatuses.toSorted());
    expect(subscriptionEvents.toSorted()).toEqual(events.toSorted());
    expect(pairs).toHaveLength(49);
  });

  it.each(pairs)('%s, then %s: %s', (status, event, next) => {
    if (next === undefined) throw new Error('This pair is missing in the table of what is expected.');
    if (next !== null) {
      expect(transition(status, event)).toBe(next);
      return;
    }
    const refused = () => transition(status, event);
    expect(refused).toThrow(Error);
    expect(refused).toThrow(new RegExp(`\\b${status}\\b.*\\b${event}\\b`));
  });

  it('is live until it has ended', () => {
    expect(liveStatuses).toEqual(['incomplete', 'trialing', 'active', 'past_due', 'unpaid']);
    const live = subscriptionStatuses.filter(isLive);
    expect(live.toSorted()).toEqual(liveStatuses.toSorted());
    expect(subscriptionStatuses.filter((status) => !isLive(status))).toEqual([
      'incomplete_expired',
      'canceled',
    ]);
  });

  it('begins live', () => {
    expect(initialStatuses).toEqual(['incomplete', 'trialing', 'active']);
    expect(initialStatuses.every(isLive)).toBe(true);
  });

  it('stays in the table whatever happens, and an end is an end', () => {
    const choices = fc.array(fc.nat(), { maxLength: 60 });
    fc.assert(
      fc.property(fc.constantFrom(...initialStatuses), choices, (first, picks) => {
        let status: SubscriptionStatus = first;
        for (const pick of picks) {
          const allowed = allowedIn(status);
          const event = allowed[pick % allowed.length];
          if (event === undefined) {
            expect(isLive(status)).toBe(false);
            for (const any of subscriptionEvents) expect(() => transition(status, any)).toThrow();
            return;
          }
          status = transition(status, event);
          expect(subscriptionStatuses).toContain(status);
        }
      }),
    );
  });

  it('is reached from a beginning, each of them, and can end from each', () => {
    const reachedFrom = (beginnings: readonly SubscriptionStatus[]) => {
      const reached = new Set(beginnings);
      for (const status of reached) {
        for (const event of allowedIn(status)) reached.add(transition(status, event));
      }
      return reached;
    };
    expect([...reachedFrom(initialStatuses)].toSorted()).toEqual(subscriptionStatuses.toSorted());
    for (const status of liveStatuses) expect(reachedFrom([status])).toContain('canceled');
  });
});
