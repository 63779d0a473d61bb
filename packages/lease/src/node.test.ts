import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createEd25519KeyPair, hmacSha256, importPrivateKey, sha256, verifySignature } from './node.ts';

interface Vectors {
  numberOfTests: number;
  testGroups: {
    publicKey: { pk: string };
    tests: { tcId: number; comment: string; msg: string; sig: string; result: 'valid' | 'invalid' }[];
  }[];
}

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'));
const vectors: Vectors = JSON.parse(
  readFileSync(new URL('../vectors/wycheproof-ed25519.json', import.meta.url), 'utf8'),
);
const cases = vectors.testGroups.flatMap((group) =>
  group.tests.map((vector) => ({ ...vector, publicKey: bytes(group.publicKey.pk) })),
);

describe('Ed25519', () => {
  test('agrees with all 151 Wycheproof vectors', () => {
    const answers = cases.map(({ tcId, publicKey, msg, sig }) => ({
      tcId,
      result: verifySignature(publicKey, bytes(msg), bytes(sig)) ? 'valid' : 'invalid',
    }));
    expect(answers).toEqual(cases.map(({ tcId, result }) => ({ tcId, result })));
    expect(answers).toHaveLength(151);
    expect(vectors.numberOfTests).toBe(151);
  });

  test('verifies what it signs, with the raw keys of RFC 8032', () => {
    // RFC 8032, section 7.1, test 2.
    const key = importPrivateKey(bytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'));
    expect(Buffer.from(key.publicKey).toString('hex')).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    expect(verifySignature(key.publicKey, bytes('72'), key.sign(bytes('72')))).toBe(true);
    expect(verifySignature(key.publicKey, bytes('73'), key.sign(bytes('72')))).toBe(false);
  });

  test('a new key pair fits together', () => {
    const { publicKey, privateKey } = createEd25519KeyPair();
    expect(importPrivateKey(privateKey).publicKey).toEqual(publicKey);
    expect(createEd25519KeyPair().privateKey).not.toEqual(privateKey);
  });

  test('more keys than are cached still verify', () => {
    for (let round = 0; round < 200; round++) {
      const key = importPrivateKey(createEd25519KeyPair().privateKey);
      expect(verifySignature(key.publicKey, bytes('00'), key.sign(bytes('00')))).toBe(true);
    }
  });

  test('bytes of a wrong length are refused, never thrown at', () => {
    const key = importPrivateKey(new Uint8Array(32));
    const signature = key.sign(bytes('00'));
    expect(verifySignature(key.publicKey.subarray(1), bytes('00'), signature)).toBe(false);
    expect(verifySignature(key.publicKey, bytes('00'), new Uint8Array([...signature, 0]))).toBe(false);
    expect(verifySignature(key.publicKey, bytes('00'), signature.subarray(1))).toBe(false);
    expect(verifySignature(new Uint8Array(32).fill(255), bytes('00'), signature)).toBe(false);
    expect(() => importPrivateKey(new Uint8Array(31))).toThrow(RangeError);
  });
});

describe('hashes', () => {
  test('are those of FIPS 180-4 and RFC 4231', () => {
    const hex = (digest: Uint8Array) => Buffer.from(digest).toString('hex');
    const text = new TextEncoder();
    expect(hex(sha256(text.encode('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
    // RFC 4231, test case 2.
    expect(hex(hmacSha256(text.encode('Jefe'), text.encode('what do ya want for nothing?')))).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  test('an HMAC is of the key given, whichever key came before and whatever became of its bytes', () => {
    const key = new Uint8Array(16);
    for (const byte of [0, 0, 1, 2, 1]) {
      key[0] = byte;
      for (const used of [key, key.subarray(1), new Uint8Array()]) {
        const expected = createHmac('sha256', used).update('m').digest();
        expect(Buffer.from(hmacSha256(used, Buffer.from('m')))).toEqual(expected);
      }
    }
  });
});
