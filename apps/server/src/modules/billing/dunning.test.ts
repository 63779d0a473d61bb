import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dunningDays,
  dunningEndsAt,
  firstPaymentExpiresAt,
  givenUpAt,
  nextAttemptAt,
  nextPollAt,
  pollDelays,
} from './dunning.ts';

const hour = 60 * 60 * 1_000;
const day = 24 * hour;
const finalized = Date.UTC(2026, 10, 1, 12, 30);
const dayOf = (at: number | null) => at && (at - finalized) / day;
const after = (elapsed: number) => dayOf(nextAttemptAt(finalized, finalized + elapsed));

describe('the next try of a payment', () => {
  it('comes on days 0, 1, 3, 7 and 14, and then no more', () => {
    expect(dunningDays).toEqual([0, 1, 3, 7, 14]);
    const tries: number[] = [];
    let at = nextAttemptAt(finalized, finalized - 1);
    while (at !== null) {
      tries.push((at - finalized) / day);
      at = nextAttemptAt(finalized, at);
    }
    expect(tries).toEqual([0, 1, 3, 7, 14]);
  });

  it('is later than the last one, to the millisecond', () => {
    expect([after(0), after(day - 1), after(day), after(3 * day)]).toEqual([1, 1, 3, 7]);
    expect([after(14 * day - 1), after(14 * day), after(20 * day)]).toEqual([14, null, null]);
  });

  it('skips the days that were missed', () => {
    expect(after(8 * day)).toBe(14);
  });

  it('is always one of the days, and never moves back', () => {
    fc.assert(
      fc.property(fc.nat(20 * day), fc.nat(day), (elapsed, more) => {
        const [sooner, later] = [after(elapsed), after(elapsed + more)];
        expect([...dunningDays, null]).toContain(sooner);
        expect(later ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(sooner ?? Number.POSITIVE_INFINITY);
        if (sooner !== null) expect(sooner * day).toBeGreaterThan(elapsed);
      }),
    );
  });
});

describe('what ends by itself', () => {
  it('ends after 14 days, 30 days and 23 hours', () => {
    expect(dunningEndsAt(finalized)).toBe(Date.UTC(2026, 10, 15, 12, 30));
    expect(givenUpAt(finalized)).toBe(Date.UTC(2026, 11, 1, 12, 30));
    expect(firstPaymentExpiresAt(finalized)).toBe(Date.UTC(2026, 10, 2, 11, 30));
  });

  it('ends not before the last try of the payment', () => {
    expect(dunningEndsAt(finalized)).toBe(nextAttemptAt(finalized, finalized + 13 * day));
  });
});

describe('a payment of which nothing is known', () => {
  it('is looked at after 5 minutes, an hour and a day, then daily', () => {
    expect(pollDelays).toEqual([5 * 60 * 1_000, hour, day]);
    const hours = [0, 1, 2, 3, 4, 30].map((polls) => (nextPollAt(finalized, polls) - finalized) / hour);
    expect(hours).toEqual([1 / 12, 1, 24, 48, 72, 29 * 24]);
  });

  it('is looked at later each time', () => {
    fc.assert(
      fc.property(fc.nat(10_000), (polls) => {
        expect(nextPollAt(finalized, polls + 1)).toBeGreaterThan(nextPollAt(finalized, polls));
      }),
    );
  });
});
