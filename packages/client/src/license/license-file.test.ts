import { describe, expect, it } from 'vitest';
import { withLease, withRequest } from './change-stored.ts';
import {
  DAY,
  device,
  keysetToken,
  leaseToken,
  NONCE,
  NOW,
  newKey,
  otherDevice,
  refusalToken,
  revocationsToken,
  storedLicense,
  trust,
} from './license.fixtures.ts';
import { licenseRequestFile, readLicenseFile } from './license-file.ts';
import { nothingStored } from './stored-license.ts';

const asking = withRequest(nothingStored, NONCE, NOW);
const here = { device, now: NOW };
const file = (changes: object = {}) =>
  JSON.stringify({
    format: 'thrive-license-file',
    version: 1,
    lease: leaseToken(),
    keyset: keysetToken(),
    ...changes,
  });
const read = (text: string, stored = asking, machine = here) => readLicenseFile(text, stored, machine, trust);
const refusal = (reason: string, part: string) =>
  expect.objectContaining({ code: 'INVALID_LICENSE_FILE', details: { reason, part } });

describe('a request file', () => {
  it('says who asks, for which product, and which license it has', () => {
    const request = {
      productId: 'prd_1',
      device: { fingerprint: 'this-machine' },
      nonce: NONCE,
      licenseId: null,
      now: NOW * 1000,
    };
    const written = {
      format: 'thrive-license-request',
      version: 1,
      product_id: 'prd_1',
      device: { fingerprint: 'this-machine' },
      nonce: NONCE,
      created_at: '2027-01-15T08:00:00.000Z',
    };
    expect(JSON.parse(licenseRequestFile(request))).toEqual(written);
    expect(JSON.parse(licenseRequestFile({ ...request, licenseId: 'lic_1' }))).toEqual({
      ...written,
      license_id: 'lic_1',
    });
  });
});

describe('a license file', () => {
  it('that answers a request of this machine is taken, once', () => {
    const lease = read(file());
    expect(lease).toMatchObject({
      token: expect.any(String),
      claims: { sub: 'lic_1' },
      keyset: { sequence: 4 },
    });
    const stored = withLease(asking, lease, null);
    expect(stored.requests).toEqual([]);
    const again = leaseToken({ seq: 8 });
    expect(() => read(file({ lease: again }), stored)).toThrow(refusal('WRONG_NONCE', 'lease'));
  });

  it('may be imported a second time: people do', () => {
    const text = file();
    const stored = withLease(asking, read(text), null);
    expect(read(text, stored).claims.seq).toBe(7);
  });

  it('survives a byte order mark', () => {
    expect(read(`\uFEFF${file()}`).claims.sub).toBe('lic_1');
  });

  it('that answers somebody else, or a request older than thirty days, is refused', () => {
    expect(() => read(file(), nothingStored)).toThrow(refusal('WRONG_NONCE', 'lease'));
    expect(() => read(file(), withRequest(nothingStored, NONCE, NOW - 31 * DAY))).toThrow(
      refusal('WRONG_NONCE', 'lease'),
    );
  });

  it('without a nonce must be newer than what was here, also after the license was given up', () => {
    const lease = (seq: number) => file({ lease: leaseToken({ nonce: undefined, seq }) });
    expect(read(lease(1), nothingStored).claims.seq).toBe(1);
    expect(read(lease(8), storedLicense()).claims.seq).toBe(8);
    for (const stored of [storedLicense(), storedLicense({ lease: null, key: null, is_deactivated: true })])
      expect(() => read(lease(7), stored)).toThrow(refusal('STALE_SEQUENCE', 'lease'));
  });

  it('that answers the older of two requests after the newer is refused', () => {
    const stored = withRequest(
      storedLicense({ last_sequences: { lease: 9, keyset: 4, revocations: 0 } }),
      NONCE,
      NOW,
    );
    const older = file({ lease: leaseToken({ seq: 8 }) });
    expect(() => read(older, stored)).toThrow(refusal('STALE_SEQUENCE', 'lease'));
  });

  it('for another machine is refused', () => {
    expect(() => read(file(), asking, { device: otherDevice, now: NOW })).toThrow(
      refusal('DEVICE_MISMATCH', 'lease'),
    );
  });

  it('brings a rotated key, whose keyset the root key vouches for', () => {
    const next = newKey();
    const text = file({ lease: leaseToken({}, next), keyset: keysetToken({ seq: 5 }, [next]) });
    expect(read(text).keyset.sequence).toBe(5);
  });

  it.each([
    ['a keyset of a stranger', { keyset: keysetToken({}, undefined, newKey()) }, 'UNKNOWN_KEY', 'keyset'],
    ['a lease of a stranger', { lease: leaseToken({}, newKey()) }, 'UNKNOWN_KEY', 'lease'],
    ['a lease of another product', { lease: leaseToken({ aud: 'prd_2' }) }, 'WRONG_AUDIENCE', 'lease'],
    ['a lease that has run out', { lease: leaseToken({ exp: NOW - 30 * DAY }) }, 'LEASE_EXPIRED', 'lease'],
    ['a signed no', { lease: refusalToken('revoked') }, 'LICENSE_NOT_ACTIVE', 'lease'],
    [
      'a bulletin that names the device',
      { revocations: revocationsToken({ devices: ['dev_1'] }) },
      'REVOKED',
      'lease',
    ],
    ['a bulletin that nobody signed', { revocations: 'a.b.c' }, 'BAD_BASE64URL', 'revocations'],
    ['a later version', { version: 2 }, 'BAD_VERSION', 'file'],
    ['a request instead of the answer', { format: 'thrive-license-request' }, 'NOT_A_LICENSE_FILE', 'file'],
    ['a lease that is no text', { lease: 1 }, 'NOT_A_LICENSE_FILE', 'file'],
    ['a bulletin that is no text', { revocations: {} }, 'NOT_A_LICENSE_FILE', 'file'],
  ])('with %s is refused, and says why', (_case, changes, reason, part) => {
    expect(() => read(file(changes))).toThrow(refusal(reason, part));
  });

  it('that is no JSON, or as large as a film, is refused', () => {
    for (const text of ['', 'hello', '[]', 'null', `{"a":"${'x'.repeat(3_000_000)}"}`])
      expect(() => read(text)).toThrow(refusal('NOT_A_LICENSE_FILE', 'file'));
  });

  it('whose keyset or bulletin is older than one seen is refused', () => {
    const seen = withRequest(
      storedLicense({ last_sequences: { lease: 1, keyset: 5, revocations: 3 } }),
      NONCE,
      NOW,
    );
    expect(() => read(file(), seen)).toThrow(refusal('STALE_SEQUENCE', 'keyset'));
    const text = file({ keyset: keysetToken({ seq: 5 }), revocations: revocationsToken({ seq: 2 }) });
    expect(() => read(text, seen)).toThrow(refusal('STALE_SEQUENCE', 'revocations'));
  });

  it('made for our request heals a clock that was once ahead', () => {
    const stored = withRequest(
      storedLicense({ high_water: NOW + 900 * DAY, last_sequences: { lease: 1, keyset: 4, revocations: 0 } }),
      NONCE,
      NOW,
    );
    expect(read(file(), stored).highWater).toBe(NOW);
  });
});
