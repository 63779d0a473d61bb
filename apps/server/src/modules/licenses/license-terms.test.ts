import type { LicenseDefaults } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../platform/app-error.ts';
import { dayMs, toTimestamp } from '../../platform/clock.ts';
import { licenseTerms, refuseInconsistentTerms, type TermsRequest } from './license-terms.ts';

const now = Date.UTC(2026, 0, 31, 12);
const plain: LicenseDefaults = {
  type: 'perpetual',
  device_limit: 1,
  duration_days: null,
  trial_days: null,
  lease_days: 14,
  grace_days: 7,
  features: {},
  expiry_basis: 'creation',
};
const termsOf = (request: TermsRequest, defaults: Partial<LicenseDefaults> = {}) =>
  licenseTerms(request, { ...plain, ...defaults }, now);

/** The field that a refusal names. */
function refusedField(make: () => unknown): string | undefined {
  try {
    make();
  } catch (error) {
    if (error instanceof AppError && Array.isArray(error.details)) return error.details[0]?.path;
    throw error;
  }
  return undefined;
}

describe('licenseTerms', () => {
  it('of a creator who says nothing are those of the product', () => {
    expect(termsOf({})).toEqual({
      type: 'perpetual',
      starts_at: now,
      expires_at: null,
      duration_days: null,
      expiry_basis: 'creation',
      grace_days: 7,
    });
    const timed = { type: 'timed', duration_days: 30, grace_days: 3 } as const;
    expect(termsOf({}, timed)).toMatchObject({
      type: 'timed',
      expires_at: now + 30 * dayMs,
      duration_days: 30,
      grace_days: 3,
    });
  });

  it('count the duration from the start, not from the creation', () => {
    const starts_at = now + 10 * dayMs;
    const terms = termsOf({ type: 'timed', duration_days: 28, starts_at: toTimestamp(starts_at) });
    expect(terms).toMatchObject({ starts_at, expires_at: starts_at + 28 * dayMs });
  });

  it('leave the end open where the duration runs from the first activation', () => {
    const defaults = { type: 'timed', duration_days: 30, expiry_basis: 'first_activation' } as const;
    expect(termsOf({}, defaults)).toMatchObject({ expires_at: null, duration_days: 30 });
  });

  it('keep a named end, even where durations run from the first activation', () => {
    const defaults = { type: 'timed', duration_days: 30, expiry_basis: 'first_activation' } as const;
    const terms = termsOf({ expires_at: toTimestamp(now + dayMs) }, defaults);
    expect(terms).toMatchObject({ expires_at: now + dayMs, duration_days: null });
  });

  it('of a perpetual product become timed when an end is named', () => {
    expect(termsOf({ duration_days: 1 }).type).toBe('timed');
    expect(termsOf({ expires_at: toTimestamp(now + 1) }).type).toBe('timed');
    expect(termsOf({ expires_at: null }).type).toBe('perpetual');
  });

  it('let a subscription run until it is told to end', () => {
    expect(termsOf({ type: 'subscription' })).toMatchObject({ expires_at: null, duration_days: null });
  });

  it('of a trial take the trial days, and no grace unless it is asked for', () => {
    const defaults = { type: 'timed', duration_days: 365, trial_days: 14 } as const;
    const terms = termsOf({ type: 'trial' }, defaults);
    expect(terms).toMatchObject({ expires_at: now + 14 * dayMs, grace_days: 0 });
    expect(termsOf({ type: 'trial', grace_days: 2 }, defaults).grace_days).toBe(2);
  });

  it.each([
    [
      'duration_days',
      'both an end and a duration',
      { expires_at: toTimestamp(now + dayMs), duration_days: 3 },
    ],
    [
      'expires_at',
      'a perpetual license with an end',
      { type: 'perpetual', expires_at: toTimestamp(now + 1) },
    ],
    ['duration_days', 'a perpetual license with a duration', { type: 'perpetual', duration_days: 3 }],
    ['duration_days', 'a timed license without an end', { type: 'timed' }],
    ['duration_days', 'a timed license that never ends', { type: 'timed', expires_at: null }],
    ['duration_days', 'a trial without an end', { type: 'trial' }],
    ['expires_at', 'an end at its start', { starts_at: toTimestamp(now), expires_at: toTimestamp(now) }],
    ['expires_at', 'an end that is past', { expires_at: toTimestamp(now - 1) }],
  ] as const)('name %s when there is %s', (field, _fault, request) => {
    expect(refusedField(() => termsOf(request))).toBe(field);
  });
});

describe('refuseInconsistentTerms', () => {
  it('lets a license wait for its end until the first activation', () => {
    const terms = {
      type: 'timed',
      starts_at: now,
      expires_at: null,
      duration_days: 30,
      grace_days: 0,
    } as const;
    expect(() => refuseInconsistentTerms(terms)).not.toThrow();
  });
});
