import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CROCKFORD_ALPHABET } from './crockford.ts';
import {
  generateLicenseKey,
  licenseKeyLastFour,
  maskLicenseKey,
  normalizeLicenseKey,
} from './license-key.ts';

const keys = fc
  .uint8Array({ minLength: 17, maxLength: 17 })
  .map((bytes) => generateLicenseKey((count) => bytes.subarray(0, count)));

const symbolsOf = (key: string) => [...key.replaceAll('-', '')];

describe('license key', () => {
  test('has 26 random symbols and one checksum in six groups', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(key).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]{2}$/);
        expect(normalizeLicenseKey(key)).toBe(key);
      }),
    );
  });

  test('carries all 130 random bits', () => {
    const zeros = new Uint8Array(17);
    const seen = new Set([generateLicenseKey(() => zeros)]);
    for (let bit = 0; bit < 130; bit++) {
      const bytes = zeros.slice();
      bytes[bit >> 3] = 128 >> (bit & 7);
      seen.add(generateLicenseKey(() => bytes));
    }
    expect(seen.size).toBe(131);
  });

  test('does not repeat in 10,000 keys', () => {
    expect(new Set(Array.from({ length: 10_000 }, () => generateLicenseKey(randomBytes))).size).toBe(10_000);
  });

  test('is not made from too little randomness', () => {
    expect(() => generateLicenseKey(() => new Uint8Array(8))).toThrow(RangeError);
  });

  test('is recognised however it is typed', () => {
    const lookalikes: Record<string, string[]> = { '0': ['0', 'O', 'o'], '1': ['1', 'I', 'i', 'L', 'l'] };
    const separators = fc.constantFrom('', ' ', '-', ' - ', '\t', '\u2013', '\u00a0', '\n');
    fc.assert(
      fc.property(
        keys,
        fc.array(fc.nat(4), { minLength: 27, maxLength: 27 }),
        separators,
        (key, picks, separator) => {
          const typed = symbolsOf(key).map((symbol, index) => {
            const spellings = lookalikes[symbol] ?? [symbol, symbol.toLowerCase()];
            return spellings[(picks[index] ?? 0) % spellings.length];
          });
          expect(normalizeLicenseKey(` ${typed.join(separator).slice(0, 98)} `)).toBe(
            typed.join(separator).length <= 98 ? key : null,
          );
        },
      ),
    );
  });

  test('every substitution of one symbol is caught', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const symbols = symbolsOf(key);
        for (const [index, original] of symbols.entries()) {
          for (const other of CROCKFORD_ALPHABET) {
            if (other === original) continue;
            expect(normalizeLicenseKey(symbols.with(index, other).join(''))).toBeNull();
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  test('every pair of symbols at every place is caught when swapped, neighbours or not', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const symbols = symbolsOf(key);
        for (const [left, a] of symbols.entries()) {
          for (const [right, b] of symbols.entries()) {
            if (a === b) continue;
            expect(normalizeLicenseKey(symbols.with(left, b).with(right, a).join(''))).toBeNull();
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  // The checksum is linear, so what holds for every difference at every place holds for every key.
  test('every doubled symbol mistyped as another double is caught', () => {
    fc.assert(
      fc.property(keys, fc.nat(25), (key, index) => {
        for (const first of CROCKFORD_ALPHABET) {
          const doubled = symbolsOf(key)
            .with(index, first)
            .with(index + 1, first);
          const valid = [...CROCKFORD_ALPHABET].filter(
            (other) =>
              normalizeLicenseKey(
                doubled
                  .with(index, other)
                  .with(index + 1, other)
                  .join(''),
              ) !== null,
          );
          expect(valid.length).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 30 },
    );
  });

  test('one in 32 arbitrary texts of the right length passes, as the comment says', () => {
    let passed = 0;
    for (let round = 0; round < 32_000; round++) {
      const text = Array.from(randomBytes(27), (byte) => CROCKFORD_ALPHABET[byte & 31]).join('');
      if (normalizeLicenseKey(text) !== null) passed += 1;
    }
    expect(passed).toBeGreaterThan(750);
    expect(passed).toBeLessThan(1250);
  });

  test.each([
    ['nothing', ''],
    ['a symbol too few', '00000-00000-00000-00000-00000-0'],
    ['a symbol too many', '00000-00000-00000-00000-00000-000'],
    ['a key of zeros', '00000-00000-00000-00000-00000-00'],
    ['U', 'U0000-00000-00000-00000-00000-00'],
    ['an underscore', '00000_00000-00000-00000-00000-00'],
    ['a null byte', '00000-00000-00000-00000-00000-0\0'],
  ])('%s is no key', (_what, input) => {
    expect(normalizeLicenseKey(input)).toBeNull();
  });

  test('more than 100 characters are refused even if a key is among them', () => {
    const key = generateLicenseKey(randomBytes);
    expect(normalizeLicenseKey(key.padEnd(100))).toBe(key);
    expect(normalizeLicenseKey(key.padEnd(101))).toBeNull();
  });

  test('is shown by its last four symbols', () => {
    expect(licenseKeyLastFour('4XQ7M-8RT2K-0ZVWN-6HJ3C-P5D9F-3C')).toBe('9F3C');
    expect(maskLicenseKey('9F3C')).toBe('••••-9F3C');
  });
});
