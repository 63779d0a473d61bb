import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayMs } from '../../platform/clock.ts';
import type { DeviceRecord } from './device.ts';
import { explain } from './explanation.ts';
import { type LicenseRecord, licenseState } from './license.ts';

const base = Date.parse('2027-01-01T00:00:00Z');
// Few moments, so that they often coincide: that is where boundaries are.
const moment = fc.integer({ min: 0, max: 12 }).map((n) => base + n * dayMs);
const maybe = fc.option(moment, { nil: null });

const licenses = fc
  .record({
    created_at: moment,
    starts_at: moment,
    expires_at: maybe,
    grace_days: fc.integer({ min: 0, max: 3 }),
    suspended_at: maybe,
    revoked_at: maybe,
    devices_used: fc.integer({ min: 0, max: 3 }),
    device_limit: fc.integer({ min: 1, max: 3 }),
  })
  .map((fields) => ({ ...fields, type: 'timed' }) as LicenseRecord);
const devices = fc.option(
  fc
    .record({
      activated_at: moment,
      deactivated_at: maybe,
      seat: fc.constant(1),
      seat_expires_at: fc.constant(null),
    })
    .map((fields) => fields as unknown as DeviceRecord),
  { nil: null },
);

/** The license as it was known at a moment: what happens later has not happened. */
const asKnownAt = (license: LicenseRecord, at: number): LicenseRecord => ({
  ...license,
  revoked_at: license.revoked_at !== null && license.revoked_at <= at ? license.revoked_at : null,
  suspended_at: license.suspended_at !== null && license.suspended_at <= at ? license.suspended_at : null,
});

describe('an explanation', () => {
  it('allows exactly what the state of the license, its device and its seats allow', () => {
    fc.assert(
      fc.property(licenses, devices, moment, fc.constantFrom(-1, 0, 1), (license, device, day, offset) => {
        const at = day + offset;
        const state = licenseState(asKnownAt(license, at), at);
        const licenseWorks = license.created_at <= at && (state === 'active' || state === 'grace');
        const seatWorks = device
          ? device.activated_at <= at && !(device.deactivated_at !== null && device.deactivated_at <= at)
          : license.devices_used < license.device_limit;
        const allowed = explain(license, device, at).every(({ outcome }) => outcome === 'passed');
        expect(allowed).toBe(licenseWorks && seatWorks);
      }),
      { numRuns: 2_000 },
    );
  });

  it('has at most one refusal, with passed rules before and unreached ones after', () => {
    fc.assert(
      fc.property(licenses, devices, moment, (license, device, at) => {
        const outcomes = explain(license, device, at).map(({ outcome }) => outcome);
        expect(outcomes.join(' ')).toMatch(/^(passed ?)*(refused ?(not_reached ?)*)?$/);
        expect(outcomes).toHaveLength(6);
      }),
    );
  });

  it('names the rule that the state of the license names', () => {
    const ruleOf = {
      revoked: 'not_revoked',
      suspended: 'not_suspended',
      not_started: 'started',
      expired: 'not_expired',
    } as const;
    fc.assert(
      fc.property(licenses, moment, (license, at) => {
        fc.pre(license.created_at <= at);
        const state = licenseState(asKnownAt(license, at), at);
        const refused = explain(license, null, at).find(({ outcome }) => outcome === 'refused')?.rule;
        if (state in ruleOf) expect(refused).toBe(ruleOf[state as keyof typeof ruleOf]);
        else expect(refused ?? 'seat_free').toBe('seat_free');
      }),
    );
  });

  it('gives advice for a refusal and for nothing else', () => {
    fc.assert(
      fc.property(licenses, devices, moment, (license, device, at) => {
        for (const { outcome, action, explanation } of explain(license, device, at)) {
          expect(action === null).toBe(outcome !== 'refused');
          expect(explanation).not.toBe('');
        }
      }),
    );
  });
});
