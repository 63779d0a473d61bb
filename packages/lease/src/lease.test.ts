import { describe, expect, test } from 'vitest';
import { signToken } from './jws.ts';
import { leaseClaims, leaseOptions, signingKey } from './lease.fixtures.ts';
import { LEASE, type LeaseClaims, signLease } from './lease.ts';
import { verifyLease } from './verify-lease.ts';

const groups = ['lic', 'fp', 'pol'] as const;
const members = [
  ...Object.keys(leaseClaims()).filter((name) => name !== 'nonce' && name !== 'ver'),
  ...groups.flatMap((group) => Object.keys(leaseClaims()[group]).map((name) => `${group}.${name}`)),
];

function withMember(path: string, value: unknown): LeaseClaims {
  const claims = structuredClone(leaseClaims()) as unknown as Record<string, Record<string, unknown>>;
  const [first = '', second] = path.split('.');
  if (second === undefined) Object.assign(claims, { [first]: value });
  else Object.assign(claims[first] ?? {}, { [second]: value });
  return claims as unknown as LeaseClaims;
}

describe('lease claims', () => {
  test.each(members)('%s missing or of a wrong type or range is never signed nor accepted', (path) => {
    for (const value of [undefined, -1, 0.5, 1e300, [], true]) {
      const claims = withMember(path, value);
      expect(() => signLease(claims, signingKey), `${path} = ${value}`).toThrow(TypeError);
      const token = signToken(LEASE, claims, signingKey);
      expect(verifyLease(token, leaseOptions())).toEqual({ ok: false, error: 'BAD_PAYLOAD' });
    }
  });

  test.each<[string, unknown]>([
    ['ent', { export: null }],
    ['ent', { export: { deep: true } }],
    ['fp.components', { cpu: 1 }],
    ['fp.salt', 'AAAA'],
    ['fp.fingerprint', ''],
    ['fp.threshold', 100],
    ['nonce', 5],
    ['sub', ''],
    ['exp', '1800000000'],
  ])('%s = %j is refused', (path, value) => {
    expect(() => signLease(withMember(path, value), signingKey)).toThrow(TypeError);
  });

  test('what a later version may add does not stop this one', () => {
    const claims = {
      ...leaseClaims({ ent: { __proto__: true, toString: 'x', count: 0.5 } }),
      added: {},
      lic: { ...leaseClaims().lic, type: 'barter' },
      fp: { ...leaseClaims().fp, components: { ...leaseClaims().fp.components, tpm: 'digest' } },
    };
    expect(verifyLease(signLease(claims, signingKey), leaseOptions()).ok).toBe(true);
  });

  test('a lease without a nonce and of a license without an end is complete', () => {
    const { nonce: _nonce, ...claims } = leaseClaims({ lic: { ...leaseClaims().lic, exp: null } });
    expect(verifyLease(signLease(claims, signingKey), leaseOptions()).ok).toBe(true);
  });

  test('features that do not fit 16 KiB stop the issuer, not the customer', () => {
    const ent = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`f${index}`, 'ä'.repeat(200)]));
    expect(() => signLease(leaseClaims({ ent }), signingKey)).toThrow(RangeError);
  });
});
