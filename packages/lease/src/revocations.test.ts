import { describe, expect, test } from 'vitest';
import {
  DAY,
  keyset,
  leaseClaims,
  NOW,
  revocationClaims,
  revocationsOf,
  rootKey,
  signingKey,
} from './lease.fixtures.ts';
import { verifySignature } from './node.ts';
import { isRevoked, type RevocationClaims, signRevocations, verifyRevocations } from './revocations.ts';

const options = { keyset, verifySignature };
const verify = (changes: Partial<RevocationClaims>, more = {}) =>
  verifyRevocations(signRevocations(revocationClaims(changes), signingKey), { ...options, ...more });

describe('revocations', () => {
  test.each<[string, Partial<RevocationClaims>]>([
    ['lease', { leases: ['other', 'lease_1'] }],
    ['license', { licenses: ['lic_1'] }],
    ['device', { devices: ['dev_1'] }],
  ])('a %s is withdrawn by its id', (_what, changes) => {
    expect(isRevoked(leaseClaims(), revocationsOf(changes))).toBe(true);
  });

  test('an id withdraws only what it is the id of', () => {
    const crossed = revocationsOf({ leases: ['lic_1'], licenses: ['dev_1'], devices: ['lease_1'] });
    expect(isRevoked(leaseClaims(), crossed)).toBe(false);
  });

  test('a lease issued after the bulletin stands: its device was activated again', () => {
    const revocations = revocationsOf({ devices: ['dev_1'] });
    expect(isRevoked(leaseClaims({ iat: NOW }), revocations)).toBe(true);
    expect(isRevoked(leaseClaims({ iat: NOW + 1 }), revocations)).toBe(false);
  });

  test('a bulletin must be the latest of its issuer, by a key of the keyset valid at the time', () => {
    const byRoot = signRevocations(revocationClaims(), rootKey);
    expect(verifyRevocations(byRoot, options)).toMatchObject({ error: 'UNKNOWN_KEY' });
    const forged = signRevocations(revocationClaims(), { ...rootKey, kid: signingKey.kid });
    expect(verifyRevocations(forged, options)).toMatchObject({ error: 'BAD_SIGNATURE' });
    expect(verify({ iat: NOW + 100 * DAY })).toMatchObject({ error: 'KEY_NOT_VALID_AT_ISSUE' });
    expect(verify({ iss: 'https://other.example' })).toMatchObject({ error: 'WRONG_ISSUER' });
    expect(verify({}, { lastSequence: 3 })).toMatchObject({ error: 'STALE_SEQUENCE' });
    expect(verify({}, { lastSequence: 2 }).ok).toBe(true);
  });

  test('a list that is no list is never signed', () => {
    expect(() => signRevocations(revocationClaims({ leases: 'lease_1' as never }), signingKey)).toThrow(
      TypeError,
    );
  });

  test('ten thousand ids fit', () => {
    const ids = Array.from({ length: 10_000 }, (_, index) => `dev_${String(index).padStart(26, '0')}`);
    expect(verify({ devices: ids }).ok).toBe(true);
  });
});
