import { describe, expect, it } from 'vitest';
import { hmacHex, sameText, sha256Hex, shortSignature } from './digest.ts';

describe('digests', () => {
  it('SHA-256 is that of the standard (FIPS 180-2, B.1)', () => {
    expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('HMAC-SHA-256 is that of the standard (RFC 4231, test case 2)', () => {
    expect(hmacHex(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('text is digested as UTF-8', () => {
    expect(sha256Hex('ä')).toBe(sha256Hex(Buffer.from([0xc3, 0xa4]).toString('utf8')));
    expect(sha256Hex('ä')).not.toBe(sha256Hex('a\u0308'));
  });

  it('a short signature has 128 bits and depends on key and text', () => {
    const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(shortSignature(one, 'text')).toMatch(/^[\w-]{22}$/);
    expect(shortSignature(one, 'text')).toBe(shortSignature(one, 'text'));
    expect(new Set([shortSignature(one, 'a'), shortSignature(two, 'a'), shortSignature(one, 'b')]).size).toBe(
      3,
    );
  });

  it('texts are the same or not, whatever their lengths', () => {
    expect(sameText('abc', 'abc')).toBe(true);
    expect(sameText('', '')).toBe(true);
    for (const other of ['', 'ab', 'abd', 'abcd', 'äbc', 'ABC']) expect(sameText('abc', other)).toBe(false);
  });
});
