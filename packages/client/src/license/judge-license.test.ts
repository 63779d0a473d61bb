import { fingerprintClaim, type LeaseClaims } from '@thrivetech/lease';
import { describe, expect, it } from 'vitest';
import type { Device } from '../device/device.ts';
import { judgeLicense } from './judge-license.ts';
import {
  DAY,
  device,
  keysetToken,
  leaseClaims,
  leaseToken,
  licenseClaim,
  NOW,
  newKey,
  otherDevice,
  refusalToken,
  revocationsToken,
  storedLicense,
  trust,
} from './license.fixtures.ts';
import { nothingStored, type StoredLicense } from './stored-license.ts';
import { verifyStored } from './verify-stored.ts';

function judge(stored: StoredLicense | 'damaged', now = NOW, machine: Device = device) {
  const verified = stored === 'damaged' ? null : verifyStored(stored, machine, now, trust);
  return judgeLicense({ stored, verified, now });
}
const withClaims = (changes: Partial<LeaseClaims>, more: Partial<StoredLicense> = {}) =>
  storedLicense({ lease: leaseToken(changes), ...more });
const date = (seconds: number) => new Date(seconds * 1000);

describe('judgeLicense', () => {
  it('tells what a license that holds says', () => {
    expect(judge(storedLicense())).toEqual({
      status: 'active',
      isLicensed: true,
      deviceId: 'dev_1',
      warning: null,
      license: {
        id: 'lic_1',
        type: 'timed',
        expiresAt: date(NOW + 300 * DAY),
        seats: { limit: 3, used: 2 },
        features: { export: true, projects: 5, beta: false },
        keyMasked: '••••-000B',
      },
      validUntil: date(NOW + 14 * DAY),
      graceUntil: date(NOW + 21 * DAY),
    });
  });

  const trial = licenseClaim({ type: 'trial', exp: NOW + 14 * DAY });
  const noGrace = { ...leaseClaims().pol, grace: 0 };
  const endsSoon = { lic: licenseClaim({ exp: NOW + 2 * DAY }), exp: NOW + 9 * DAY, pol: noGrace };
  it.each<[string, StoredLicense | 'damaged', number, object]>([
    ['nothing was ever stored', nothingStored, NOW, { status: 'unlicensed', reason: 'never_activated' }],
    [
      'the seat was given up here',
      { ...nothingStored, is_deactivated: true },
      NOW,
      { status: 'unlicensed', reason: 'deactivated' },
    ],
    ['what is stored cannot be read', 'damaged', NOW, { status: 'tampered', reason: 'state_damaged' }],

    ['the last second of the lease', storedLicense(), NOW + 14 * DAY, { status: 'active', isLicensed: true }],
    [
      'a second after the lease',
      storedLicense(),
      NOW + 14 * DAY + 1,
      { status: 'grace', reason: 'not_refreshed', isLicensed: true },
    ],
    ['the last second of grace', storedLicense(), NOW + 21 * DAY, { status: 'grace', isLicensed: true }],
    [
      'a second after grace',
      storedLicense(),
      NOW + 21 * DAY + 1,
      { status: 'expired', reason: 'not_refreshed', isLicensed: false, endedAt: date(NOW + 21 * DAY) },
    ],
    [
      'the last second of the license',
      withClaims(endsSoon),
      NOW + 2 * DAY,
      { status: 'active', validUntil: date(NOW + 2 * DAY) },
    ],
    [
      'a second after the license',
      withClaims(endsSoon),
      NOW + 2 * DAY + 1,
      { status: 'grace', reason: 'license_ended' },
    ],
    [
      "a second after the license's grace",
      withClaims(endsSoon),
      NOW + 9 * DAY + 1,
      { status: 'expired', reason: 'license_ended', endedAt: date(NOW + 2 * DAY) },
    ],
    [
      'a license without an end',
      withClaims({ lic: licenseClaim({ exp: null }) }),
      NOW,
      { status: 'active', license: expect.objectContaining({ expiresAt: null }) },
    ],

    [
      'a trial',
      withClaims({ lic: trial, pol: noGrace }),
      NOW,
      { status: 'trial', endsAt: date(NOW + 14 * DAY), isLicensed: true },
    ],
    [
      'a second after the trial',
      withClaims({ lic: trial, pol: noGrace }),
      NOW + 14 * DAY + 1,
      { status: 'expired', reason: 'trial_ended', isLicensed: false },
    ],

    [
      'a clock 23 hours back',
      storedLicense({ high_water: NOW + 5 * DAY }),
      NOW + 4 * DAY + 3600,
      { status: 'active' },
    ],
    [
      'a clock two days back',
      storedLicense({ high_water: NOW + 5 * DAY }),
      NOW + 3 * DAY,
      { status: 'clock_rollback', latestKnown: date(NOW + 5 * DAY) },
    ],
    [
      'a clock before the lease was made',
      storedLicense(),
      NOW - 2 * DAY,
      { status: 'clock_rollback', latestKnown: date(NOW) },
    ],
    ['a clock ten minutes slow', storedLicense(), NOW - 600, { status: 'clock_rollback' }],
    ['a clock four minutes slow', storedLicense(), NOW - 240, { status: 'active' }],

    ['a signed no: revoked', storedLicense({ lease: refusalToken('revoked') }), NOW, { status: 'revoked' }],
    [
      'the same a year later',
      storedLicense({ lease: refusalToken('revoked') }),
      NOW + 365 * DAY,
      { status: 'revoked' },
    ],
    [
      'a signed no: suspended',
      storedLicense({ lease: refusalToken('suspended') }),
      NOW + 30 * DAY,
      { status: 'suspended' },
    ],
    [
      'a signed no: expired',
      storedLicense({ lease: refusalToken('expired') }),
      NOW,
      { status: 'expired', reason: 'license_ended' },
    ],
    [
      'a signed no: not started',
      storedLicense({ lease: refusalToken('not_started') }),
      NOW,
      { status: 'unlicensed', reason: 'not_started' },
    ],
    [
      'a signed no: deactivated',
      storedLicense({ lease: refusalToken('deactivated') }),
      NOW,
      { status: 'unlicensed', reason: 'deactivated' },
    ],
    [
      'a signed no of a later server',
      storedLicense({ lease: refusalToken('frozen') }),
      NOW,
      { status: 'suspended' },
    ],
    [
      'a bulletin names the license',
      storedLicense({ revocations: revocationsToken({ licenses: ['lic_1'] }) }),
      NOW,
      { status: 'revoked' },
    ],
    [
      'a bulletin names the device',
      storedLicense({ revocations: revocationsToken({ devices: ['dev_1'] }) }),
      NOW,
      { status: 'unlicensed', reason: 'deactivated' },
    ],
    [
      'a bulletin is older than the lease',
      storedLicense({ revocations: revocationsToken({ licenses: ['lic_1'], iat: NOW - 1 }) }),
      NOW,
      { status: 'active' },
    ],

    ['no keyset', storedLicense({ keyset: null }), NOW, { status: 'tampered', reason: 'untrusted_lease' }],
    [
      'a keyset of another root',
      storedLicense({ keyset: keysetToken({}, undefined, newKey()) }),
      NOW,
      { status: 'tampered', reason: 'untrusted_lease' },
    ],
    [
      'a keyset older than one seen',
      storedLicense({ keyset: keysetToken({ seq: 3 }) }),
      NOW,
      { status: 'tampered', reason: 'untrusted_lease' },
    ],
    [
      'a lease that nobody signed',
      storedLicense({ lease: 'a.b.c' }),
      NOW,
      { status: 'tampered', reason: 'untrusted_lease' },
    ],
    [
      'a lease that a stranger signed',
      storedLicense({ lease: leaseToken({}, newKey()) }),
      NOW,
      { status: 'tampered', reason: 'untrusted_lease' },
    ],
    [
      'a lease of another product',
      withClaims({ aud: 'prd_2' }),
      NOW,
      { status: 'tampered', reason: 'untrusted_lease' },
    ],
    [
      'a lease older than one seen',
      withClaims({ seq: 6 }),
      NOW,
      { status: 'tampered', reason: 'untrusted_lease' },
    ],
  ])('%s', (_case, stored, now, expected) => {
    const state = judge(stored, now);
    expect(state).toMatchObject(expected);
    expect(state.isLicensed).toBe(['active', 'trial', 'grace'].includes(state.status));
  });

  it('a state that was copied to another machine is noticed', () => {
    expect(judge(storedLicense(), NOW, otherDevice)).toMatchObject({
      status: 'tampered',
      reason: 'other_machine',
      isLicensed: false,
    });
  });

  it('one component changed is the same machine, all changed is not', () => {
    const { fingerprint, components } = device;
    for (const name of Object.keys(components)) {
      const machine = {
        fingerprint: 'new-fingerprint',
        components: { ...components, [name]: 'digest-of-a-new-part' },
      };
      expect(judge(storedLicense(), NOW, machine).status, name).toBe('active');
    }
    const allNew = Object.fromEntries(Object.keys(components).map((name) => [name, 'digest-of-a-new-part']));
    expect(judge(storedLicense(), NOW, { fingerprint: 'new-fingerprint', components: allNew }).status).toBe(
      'tampered',
    );
    expect(judge(storedLicense(), NOW, { fingerprint, components: allNew }).status).toBe('active');
  });

  it('an app that brings its own fingerprint needs no component', () => {
    const own: Device = { fingerprint: 'room-4711', components: {} };
    const fp = fingerprintClaim(own, new Uint8Array(16).fill(9), trust.crypto.hmacSha256);
    expect(judge(withClaims({ fp }), NOW, own).status).toBe('active');
    expect(judge(withClaims({ fp }), NOW, { ...own, fingerprint: 'room-4712' }).status).toBe('tampered');
  });

  describe('a no without proof', () => {
    const problem = { code: 'LICENSE_REVOKED', since: NOW + DAY };
    const warning = { code: 'LICENSE_REVOKED', since: date(NOW + DAY) };

    it('is told, and ends no lease that holds', () => {
      expect(judge(storedLicense({ problem }), NOW + 2 * DAY)).toMatchObject({ status: 'active', warning });
      expect(judge(storedLicense({ problem }), NOW + 15 * DAY)).toMatchObject({ status: 'grace', warning });
    });

    it('explains the state once the lease has run out by itself', () => {
      expect(judge(storedLicense({ problem }), NOW + 22 * DAY)).toMatchObject({
        status: 'expired',
        reason: 'not_refreshed',
        warning,
      });
    });
  });

  it('a full license is a screen of its own, unless there is a lease that holds', () => {
    const problem = { code: 'DEVICE_LIMIT_REACHED', since: NOW, seats: { limit: 3, used: 3 } };
    expect(judge({ ...nothingStored, problem })).toMatchObject({
      status: 'device_limit',
      seats: { limit: 3, used: 3 },
      isLicensed: false,
    });
    expect(judge(storedLicense({ problem }), NOW + 22 * DAY).status).toBe('device_limit');
    expect(judge(storedLicense({ problem })).status).toBe('active');
  });

  it('no two reasons to refuse make a permission', () => {
    const stored = storedLicense({
      lease: refusalToken('revoked', { seq: 3 }),
      revocations: revocationsToken({ devices: ['dev_1'] }),
    });
    for (const now of [NOW - 3 * DAY, NOW, NOW + 30 * DAY]) {
      for (const machine of [device, otherDevice]) expect(judge(stored, now, machine).isLicensed).toBe(false);
    }
  });
});
