import { describe, expect, it } from 'vitest';
import { dayMs, secondMs } from '../../platform/clock.ts';
import { endOfLicense, licenseState, licenseStatus } from './license.ts';

const now = Date.UTC(2026, 1, 28, 12);
const plain = {
  revoked_at: null,
  suspended_at: null,
  created_at: now - 2 * dayMs,
  starts_at: now - dayMs,
  expires_at: null,
  grace_days: 0,
};
const stateOf = (fields: Partial<Parameters<typeof licenseState>[0]>) =>
  licenseState({ ...plain, ...fields }, now);

describe('licenseState', () => {
  it('goes by the order of the rule, the strongest first', () => {
    const all = {
      revoked_at: now,
      suspended_at: now,
      starts_at: now + dayMs,
      expires_at: now - dayMs,
      grace_days: 0,
    };
    expect(stateOf(all)).toBe('revoked');
    expect(stateOf({ ...all, revoked_at: null })).toBe('suspended');
    expect(stateOf({ ...all, revoked_at: null, suspended_at: null })).toBe('not_started');
    expect(stateOf({ expires_at: now - dayMs })).toBe('expired');
    expect(stateOf({ expires_at: now - dayMs, grace_days: 2 })).toBe('grace');
    expect(stateOf({})).toBe('active');
  });

  it.each([
    ['starts in a second', { starts_at: now + secondMs }, 'not_started'],
    ['starts now', { starts_at: now }, 'active'],
    ['started a second ago', { starts_at: now - secondMs }, 'active'],
    ['ends in a second', { expires_at: now + secondMs }, 'active'],
    ['ends now', { expires_at: now }, 'expired'],
    ['ended a second ago', { expires_at: now - secondMs }, 'expired'],
    ['ends in a second, with grace', { expires_at: now + secondMs, grace_days: 3 }, 'active'],
    ['ended a second ago, with grace', { expires_at: now - secondMs, grace_days: 3 }, 'grace'],
    ['has a second of grace left', { expires_at: now - 3 * dayMs + secondMs, grace_days: 3 }, 'grace'],
    ['has just used its grace up', { expires_at: now - 3 * dayMs, grace_days: 3 }, 'expired'],
    ['used its grace up a second ago', { expires_at: now - 3 * dayMs - secondMs, grace_days: 3 }, 'expired'],
  ] as const)('a license that %s', (_case, fields, state) => {
    expect(stateOf(fields)).toBe(state);
  });

  it('knows the last millisecond of use', () => {
    const license = { ...plain, expires_at: now };
    expect(licenseState(license, now - 1)).toBe('active');
    expect(licenseState(license, now)).toBe('expired');
  });

  it('without an end stays active, whatever its days of grace', () => {
    const license = { ...plain, grace_days: 7 };
    expect(licenseState(license, Date.UTC(9999, 0))).toBe('active');
  });
});

describe('licenseStatus', () => {
  it('calls grace active and everything else by its name', () => {
    const statusOf = (fields: object) => licenseStatus({ ...plain, ...fields }, now);
    expect(statusOf({ expires_at: now - 1, grace_days: 1 })).toBe('active');
    expect(statusOf({ expires_at: now - 1 })).toBe('expired');
    expect(statusOf({ starts_at: now + 1 })).toBe('not_started');
    expect(statusOf({ suspended_at: now })).toBe('suspended');
    expect(statusOf({ revoked_at: now })).toBe('revoked');
  });
});

describe('endOfLicense', () => {
  it('is the expiry and the days of grace after it, each of 24 hours', () => {
    const expires_at = Date.UTC(2028, 1, 27, 23, 30);
    expect(endOfLicense({ expires_at, grace_days: 2 })).toBe(Date.UTC(2028, 1, 29, 23, 30));
    expect(endOfLicense({ expires_at, grace_days: 0 })).toBe(expires_at);
    expect(endOfLicense({ expires_at: null, grace_days: 9 })).toBeNull();
  });
});
