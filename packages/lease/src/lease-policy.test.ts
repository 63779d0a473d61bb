import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLOATING_LEASE, leaseTimes } from './lease-policy.ts';

const DAY = 86_400;
const now = 1_800_000_000;

describe('lease times', () => {
  test('14 days, half of it until refresh, 7 days of grace', () => {
    expect(leaseTimes({ now, licenseHardEnd: null, jitter: 0.5 })).toEqual({
      iat: now,
      nbf: now,
      exp: now + 14 * DAY,
      refresh: 7 * DAY,
      grace: 7 * DAY,
    });
  });

  test('a floating seat has 10 minutes and no grace', () => {
    const times = leaseTimes({ now, ...FLOATING_LEASE, licenseHardEnd: null, jitter: 0.5 });
    expect(times).toMatchObject({ exp: now + 600, refresh: 300, grace: 0 });
  });

  test('refresh varies by a tenth of half the lease', () => {
    const refresh = (jitter: number) =>
      leaseTimes({ now, leaseSeconds: 1000, licenseHardEnd: null, jitter }).refresh;
    expect([refresh(0), refresh(0.5), refresh(1)]).toEqual([450, 500, 550]);
  });

  const end = now + 14 * DAY;
  test.each([
    ['a second before the lease would end', end - 1, { exp: end - 1, grace: 0 }],
    ['as the lease ends', end, { exp: end, grace: 0 }],
    ['a second after the lease ends', end + 1, { exp: end, grace: 1 }],
    ['a second before the grace would end', end + 7 * DAY - 1, { exp: end, grace: 7 * DAY - 1 }],
    ['a second after the grace ends', end + 7 * DAY + 1, { exp: end, grace: 7 * DAY }],
    ['a second from now', now + 1, { exp: now + 1, grace: 0, refresh: 0 }],
  ])('the license ends %s', (_when, licenseHardEnd, times) => {
    expect(leaseTimes({ now, licenseHardEnd, jitter: 0.5 })).toMatchObject(times);
  });

  test.each([now, now - 1])('a license that ended at %d gets no lease', (licenseHardEnd) => {
    expect(() => leaseTimes({ now, licenseHardEnd, jitter: 0 })).toThrow(RangeError);
  });

  test('never outlives the license, in whole seconds', () => {
    const terms = fc.record({
      now: fc.double({ min: 0, max: 4e9, noNaN: true }),
      leaseSeconds: fc.integer({ min: 1, max: 400 * DAY }),
      graceSeconds: fc.integer({ min: 0, max: 60 * DAY }),
      left: fc.option(fc.double({ min: 1, max: 400 * DAY, noNaN: true })),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(terms, ({ left, ...rest }) => {
        const licenseHardEnd = left === null ? null : Math.floor(rest.now) + left;
        const times = leaseTimes({ ...rest, licenseHardEnd });
        expect(Object.values(times).every((time) => Number.isSafeInteger(time) && time >= 0)).toBe(true);
        expect(times.exp).toBeGreaterThan(times.iat);
        expect(times.refresh).toBeLessThan(times.exp - times.iat);
        expect(times.exp - times.iat).toBeLessThanOrEqual(rest.leaseSeconds);
        expect(times.exp + times.grace).toBeLessThanOrEqual(licenseHardEnd ?? Number.POSITIVE_INFINITY);
      }),
    );
  });
});
