import type { AcceptedLease } from '@thrivetech/lease';
import { describe, expect, it } from 'vitest';
import { DAY, leaseClaims, licenseClaim, NOW } from './license.fixtures.ts';
import { delayAfterFailure, nextChangeAt, refreshDueAt } from './refresh-schedule.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const accepted = (changes: Partial<AcceptedLease> = {}): AcceptedLease => ({
  ok: true,
  claims: leaseClaims(),
  state: 'active',
  graceUntil: NOW + 21 * DAY,
  refreshDue: false,
  changed: [],
  highWater: NOW,
  ...changes,
});

describe('a refresh is due', () => {
  it('when the lease says so, and up to a tenth of the time later', () => {
    expect(refreshDueAt(accepted(), 0, false)).toBe((NOW + 7 * DAY) * 1000);
    expect(refreshDueAt(accepted(), 1, false)).toBe((NOW + 7.7 * DAY) * 1000);
  });

  it('at once for a lease that does not hold', () => {
    expect(refreshDueAt({ ok: false, error: 'LEASE_EXPIRED' }, 0.5, false)).toBe(0);
  });

  it('at once for a machine with a changed part, unless the server knows already', () => {
    expect(refreshDueAt(accepted({ changed: ['mac'] }), 0, false)).toBe(0);
    expect(refreshDueAt(accepted({ changed: ['mac'] }), 0, true)).toBe((NOW + 7 * DAY) * 1000);
  });
});

describe('the state changes by itself', () => {
  it('a second after the license, the lease and its grace, whichever comes next', () => {
    const lease = accepted({ claims: leaseClaims({ lic: licenseClaim({ exp: NOW + DAY }) }) });
    const at = (now: number) => nextChangeAt(lease, now * 1000);
    expect(at(NOW)).toBe((NOW + DAY + 1) * 1000);
    expect(at(NOW + 2 * DAY)).toBe((NOW + 14 * DAY + 1) * 1000);
    expect(at(NOW + 15 * DAY)).toBe((NOW + 21 * DAY + 1) * 1000);
    expect(at(NOW + 22 * DAY)).toBeNull();
  });
});

describe('after a failure', () => {
  it('waits twice as long each time, from a minute to six hours', () => {
    const waits = [1, 2, 3, 9, 10, 99].map((failures) => delayAfterFailure(failures, 0));
    expect(waits).toEqual([minuteMs, 2 * minuteMs, 4 * minuteMs, 256 * minuteMs, 6 * hourMs, 6 * hourMs]);
  });

  it('is spread over half of that', () => {
    expect(delayAfterFailure(3, 1)).toBe(2 * minuteMs);
  });

  it('waits as long as the server asks, and no server can ask for more than six hours', () => {
    expect(delayAfterFailure(1, 0, { retryAfterMs: hourMs })).toBe(hourMs);
    expect(delayAfterFailure(1, 0, { retryAfterMs: 1e12 })).toBe(6 * hourMs);
  });

  it('tries often enough for a lease of ten minutes', () => {
    let leftMs = 5 * minuteMs;
    let tries = 0;
    while (leftMs > 0) {
      leftMs -= delayAfterFailure(++tries, 0, { leftMs });
    }
    expect(tries).toBeGreaterThanOrEqual(5);
    expect(delayAfterFailure(9, 0, { leftMs: 1 })).toBe(15_000);
  });
});
