import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBase64Url, encodeBase64Url } from './base64url.ts';

describe('base64url', () => {
  test('writes what Node writes and reads it back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const text = encodeBase64Url(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64url'));
        expect(decodeBase64Url(text)).toEqual(bytes);
      }),
    );
  });

  test('accepts no text but the one it would write', () => {
    const nearlyBase64 = fc.string({ unit: fc.constantFrom(...'AQgwZ9-_+/= \n\u00e9'), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(nearlyBase64, fc.string()), (text) => {
        const bytes = decodeBase64Url(text);
        if (bytes !== null) expect(encodeBase64Url(bytes)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['padding', 'QQ=='],
    ['bits after the last byte (one byte)', 'QR'],
    ['bits after the last byte (two bytes)', 'QUJ'],
    ['a symbol that no byte needs', 'QUJDR'],
    ['the alphabet of base64', '+/+/'],
    ['a space', 'QUJD QUJD'],
    ['a line break at the end', 'QUI\n'],
    ['a character past ASCII', 'QUJ\u0142'],
    ['half a surrogate pair', 'QUJ\ud800'],
  ])('refuses %s', (_what, text) => {
    expect(decodeBase64Url(text)).toBeNull();
  });

  test('reads nothing from nothing', () => {
    expect(decodeBase64Url('')).toEqual(new Uint8Array());
    expect(encodeBase64Url(new Uint8Array())).toBe('');
  });
});
