import { describe, expect, it } from 'vitest';
import {
  type NewLease,
  openRequests,
  withClock,
  withLease,
  withoutLease,
  withProblem,
  withRefresh,
  withRequest,
} from './change-stored.ts';
import { DAY, leaseClaims, licenseClaim, NOW, storedLicense } from './license.fixtures.ts';
import { nothingStored } from './stored-license.ts';

const key = { text: 'the key', isSealed: false };
const newLease = (changes: Parameters<typeof leaseClaims>[0] = {}): NewLease => ({
  token: 'new-token',
  claims: leaseClaims({ seq: 8, ...changes }),
  fingerprint: 'this-machine',
  keyset: { token: 'new-keyset', sequence: 5 },
  highWater: NOW,
});

describe('a new lease', () => {
  it('takes the place of the old one, and settles what was in the way', () => {
    const stored = storedLicense({ problem: { code: 'TIMEOUT', since: NOW }, is_deactivated: true });
    expect(withLease(stored, newLease(), key)).toMatchObject({
      key,
      lease: 'new-token',
      keyset: 'new-keyset',
      last_sequences: { lease: 8, keyset: 5, revocations: 0 },
      problem: null,
      is_deactivated: false,
    });
  });

  it('older than what another process stored meanwhile changes nothing', () => {
    const stored = storedLicense({ last_sequences: { lease: 9, keyset: 4, revocations: 0 } });
    expect(withLease(stored, newLease(), key)).toBe(stored);
  });

  it('of another device counts from its own beginning', () => {
    expect(withLease(storedLicense(), newLease({ dev: 'dev_2', seq: 1 }), key)).toMatchObject({
      device_id: 'dev_2',
      last_sequences: { lease: 1 },
    });
  });

  it('does not bring an older keyset back', () => {
    const stored = storedLicense({ last_sequences: { lease: 7, keyset: 6, revocations: 0 } });
    expect(withLease(stored, newLease(), key)).toMatchObject({
      keyset: stored.keyset,
      last_sequences: { keyset: 6 },
    });
  });

  it('heals a clock that was once ahead: its time outranks what was seen', () => {
    expect(withLease(storedLicense({ high_water: NOW + 900 * DAY }), newLease(), undefined).high_water).toBe(
      NOW,
    );
  });

  it('that says the seat was freed takes the key along, except where seats come and go', () => {
    const freed = (type: string) => newLease({ lic: licenseClaim({ status: 'deactivated', type }) });
    expect(withLease(storedLicense(), freed('timed'), undefined).key).toBeNull();
    expect(withLease(storedLicense(), freed('floating'), undefined).key).not.toBeNull();
  });

  it('answers its request once', () => {
    const stored = withRequest(withRequest(nothingStored, leaseClaims().nonce ?? '', NOW), 'another', NOW);
    expect(withLease(stored, newLease(), null).requests).toEqual([{ nonce: 'another', created_at: NOW }]);
  });
});

describe('a refresh', () => {
  it('of a license that the machine has left meanwhile is dropped', () => {
    const asked = storedLicense();
    for (const now of [withoutLease(asked), storedLicense({ license_id: 'lic_2' })])
      expect(withRefresh(now, asked, newLease())).toBe(now);
  });

  it('keeps the key', () => {
    const asked = storedLicense();
    expect(withRefresh(asked, asked, newLease())).toMatchObject({ lease: 'new-token', key: asked.key });
  });
});

describe('leaving', () => {
  it('forgets license and key, and not what guards against old files and old times', () => {
    expect(withoutLease(storedLicense())).toMatchObject({
      key: null,
      lease: null,
      is_deactivated: true,
      device_id: 'dev_1',
      last_sequences: { lease: 7, keyset: 4 },
      high_water: NOW,
    });
  });
});

describe('a problem', () => {
  it('keeps the time since when it is so', () => {
    const first = withProblem(storedLicense(), { code: 'TIMEOUT', since: NOW });
    expect(withProblem(first, { code: 'TIMEOUT', since: NOW + DAY }).problem?.since).toBe(NOW);
    expect(withProblem(first, { code: 'NETWORK_ERROR', since: NOW + DAY }).problem?.since).toBe(NOW + DAY);
  });
});

describe('requests for a file', () => {
  it('are remembered for thirty days, twenty at most, whatever the clock does', () => {
    let stored = nothingStored;
    for (let number = 0; number < 30; number += 1) stored = withRequest(stored, `nonce-${number}`, NOW);
    expect(stored.requests).toHaveLength(20);
    expect(openRequests(stored, NOW + 30 * DAY)).toHaveLength(20);
    expect(openRequests(stored, NOW + 30 * DAY + 1)).toHaveLength(0);
    expect(openRequests(stored, NOW - 31 * DAY)).toHaveLength(0);
    expect(withRequest(stored, 'next', NOW + 31 * DAY).requests).toHaveLength(1);
  });
});

describe('a clock reading', () => {
  it('only ever rises', () => {
    expect(withClock(storedLicense(), NOW + 5).high_water).toBe(NOW + 5);
    expect(withClock(storedLicense(), NOW - 5).high_water).toBe(NOW);
  });
});
