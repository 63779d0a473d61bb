import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeCrockford, encodeCrockford } from './crockford.ts';

const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('Crockford base 32', () => {
  test('reads back what it wrote, in any case', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const text = encodeCrockford(bytes);
        expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]*$/);
        expect(decodeCrockford(text)).toEqual(bytes);
        expect(decodeCrockford(text.toLowerCase())).toEqual(bytes);
      }),
    );
  });

  test('sorts as the bytes sort', () => {
    fc.assert(
      fc.property(bytesOf(16), bytesOf(16), (left, right) => {
        const byText = encodeCrockford(left) < encodeCrockford(right);
        expect(byText).toBe(Buffer.compare(left, right) < 0);
      }),
    );
  });

  test('takes O for 0 and I, L for 1', () => {
    expect(decodeCrockford('OoIiLl00')).toEqual(decodeCrockford('00111100'));
  });

  test.each([
    ['U', '0U'],
    ['a dotless i, which upper-cases to I', '\u01310'],
    ['a long s, which upper-cases to S', '0\u017f'],
    ['bits after the last byte', '01'],
    ['a symbol that no byte needs', '000'],
  ])('refuses %s', (_what, text) => {
    expect(decodeCrockford(text)).toBeNull();
  });
});
