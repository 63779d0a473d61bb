import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayMs } from '../../platform/clock.ts';
import { renewedEnd } from './renew-license.ts';

const end = Date.parse('2028-02-28T12:00:00Z');
const license = { expires_at: end, duration_days: 30 };

describe('the end of a renewed license', () => {
  it('counts from the old end, from now, or from whichever is later', () => {
    for (const now of [end - 1_000, end, end + 1_000]) {
      expect(renewedEnd(license, { from: 'expiry' }, now)).toBe(end + 30 * dayMs);
      expect(renewedEnd(license, { from: 'now' }, now)).toBe(now + 30 * dayMs);
      expect(renewedEnd(license, { from: 'now_if_expired' }, now)).toBe(Math.max(end, now) + 30 * dayMs);
    }
  });

  it('prefers the days it is told over those the license has', () => {
    expect(renewedEnd(license, { from: 'expiry', duration_days: 1 }, end)).toBe(
      Date.parse('2028-02-29T12:00:00Z'),
    );
  });

  it('never takes a paid day away, unless it is told to start afresh', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1000, max: 1000 }),
        fc.integer({ min: 1, max: 36_500 }),
        fc.constantFrom('expiry' as const, 'now_if_expired' as const),
        (days, duration_days, from) => {
          const now = end + days * dayMs;
          expect(renewedEnd(license, { from, duration_days }, now)).toBeGreaterThanOrEqual(
            end + duration_days * dayMs,
          );
        },
      ),
    );
  });

  it('is nothing for a license without an end or without a length', () => {
    const perpetual = { expires_at: null, duration_days: 30 };
    expect(() => renewedEnd(perpetual, { from: 'now' }, end)).toThrow(
      expect.objectContaining({ code: 'CONFLICT', details: { reason: 'license_has_no_end' } }),
    );
    const openLength = { expires_at: end, duration_days: null };
    expect(() => renewedEnd(openLength, { from: 'now' }, end)).toThrow(
      expect.objectContaining({ code: 'CONFLICT', details: { reason: 'duration_unknown' } }),
    );
    expect(renewedEnd(openLength, { from: 'now', duration_days: 2 }, end)).toBe(end + 2 * dayMs);
  });
});
