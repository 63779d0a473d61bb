import { describe, expect, test } from 'vitest';
import { signToken } from './jws.ts';
import { isKeyValidAt, KEYSET, type KeysetClaims, signKeyset, verifyKeyset } from './keyset.ts';
import { keyset, keysetClaims, NOW, rootKey, rootKeys, signingKey, strangerKey } from './lease.fixtures.ts';
import { sha256, verifySignature } from './node.ts';
import { keyId, toPublicJwk } from './public-jwk.ts';

const options = { rootKeys, verifySignature };
const [key] = keysetClaims.keys;
const token = signKeyset(keysetClaims, rootKey);

describe('keyset', () => {
  test('signed by an embedded root key is believed', () => {
    expect(verifyKeyset(token, options)).toEqual({ ok: true, keyset: keysetClaims });
    const rotatedRoots = [toPublicJwk(strangerKey.publicKey, sha256), ...rootKeys];
    expect(verifyKeyset(token, { ...options, rootKeys: rotatedRoots }).ok).toBe(true);
  });

  test('signed by anyone else is not, not even by a key it lists', () => {
    expect(verifyKeyset(signKeyset(keysetClaims, signingKey), options)).toMatchObject({
      error: 'UNKNOWN_KEY',
    });
    const forged = signKeyset(keysetClaims, { ...strangerKey, kid: rootKey.kid });
    expect(verifyKeyset(forged, options)).toMatchObject({ error: 'BAD_SIGNATURE' });
    expect(verifyKeyset(token, { ...options, rootKeys: [] })).toMatchObject({ error: 'UNKNOWN_KEY' });
  });

  test('a lease or a bulletin signed by the root key is no keyset', () => {
    const lease = signToken({ ...KEYSET, typ: 'thrive-lease+jwt' }, keysetClaims, rootKey);
    expect(verifyKeyset(lease, options)).toMatchObject({ error: 'BAD_TYPE' });
  });

  test('an older one than the last seen is refused: it may list a key withdrawn since', () => {
    expect(verifyKeyset(token, { ...options, lastSequence: 5 })).toMatchObject({ error: 'STALE_SEQUENCE' });
    expect(verifyKeyset(token, { ...options, lastSequence: 4 }).ok).toBe(true);
    expect(verifyKeyset(token, { ...options, lastSequence: Number.NaN }).ok).toBe(false);
  });

  test.each<[string, object]>([
    ['no keys', { keys: undefined }],
    ['two keys of one name', { keys: [key, { ...key, x: toPublicJwk(strangerKey.publicKey, sha256).x }] }],
    ['a key of 31 bytes', { keys: [{ ...key, x: 'A'.repeat(42) }] }],
    ['another curve', { keys: [{ ...key, crv: 'X25519' }] }],
    ['a key without a beginning', { keys: [{ ...key, valid_from: null }] }],
    ['a sequence that is no number', { seq: '4' }],
  ])('%s: refused by the verifier and never signed', (_what, changes) => {
    const claims = { ...keysetClaims, ...changes } as KeysetClaims;
    expect(() => signKeyset(claims, rootKey)).toThrow(TypeError);
    expect(verifyKeyset(signToken(KEYSET, claims, rootKey), options)).toMatchObject({ error: 'BAD_PAYLOAD' });
  });

  test('of a later version says so', () => {
    const later = signToken(KEYSET, { ver: 2 }, rootKey);
    expect(verifyKeyset(later, options)).toMatchObject({ error: 'BAD_VERSION' });
  });

  test('a key issues from its first second to the one before its end', () => {
    const dated = { ...toPublicJwk(signingKey.publicKey, sha256), valid_from: NOW, valid_until: NOW + 10 };
    const validAt = [NOW - 1, NOW, NOW + 9, NOW + 10].map((iat) => isKeyValidAt(dated, iat));
    expect(validAt).toEqual([false, true, true, false]);
    expect(isKeyValidAt({ ...dated, valid_until: null }, NOW + 10)).toBe(true);
  });

  test('a key is named by its own bytes', () => {
    expect(keyset.keys[0]?.kid).toBe(signingKey.kid);
    expect(keyId(signingKey.publicKey, sha256)).toMatch(/^[A-Za-z0-9_-]{16}$/);
    expect(keyId(signingKey.publicKey, sha256)).not.toBe(rootKey.kid);
  });
});
