import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { currencyExponent, formatMoney, halfUp, sumOf } from './money.ts';

describe('currencyExponent', () => {
  it('is that of ISO 4217', () => {
    const zero = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ');
    expect(zero.map(currencyExponent)).toEqual(zero.map(() => 0));
    const three = 'BHD IQD JOD KWD LYD OMR TND'.split(' ');
    expect(three.map(currencyExponent)).toEqual(three.map(() => 3));
    const two = 'USD EUR GBP CHF CNY INR HUF MGA MRU TWD IDR'.split(' ');
    expect(two.map(currencyExponent)).toEqual(two.map(() => 2));
  });
});

describe('halfUp', () => {
  it('rounds a half upwards, on both sides of zero', () => {
    const rounded = (...numerators: bigint[]) => numerators.map((numerator) => halfUp(numerator, 4n));
    expect(rounded(0n, 1n, 2n, 3n, 4n, 5n, 6n)).toEqual([0n, 0n, 1n, 1n, 1n, 1n, 2n]);
    expect(rounded(-1n, -2n, -3n, -4n, -5n, -6n, -7n)).toEqual([0n, 0n, -1n, -1n, -1n, -1n, -2n]);
    expect(halfUp(1n, 3n)).toBe(0n);
    expect(halfUp(-2n, 3n)).toBe(-1n);
  });

  it('gives the one whole number r with r - 1/2 <= n/d < r + 1/2', () => {
    const denominators = fc.bigInt({ min: 1n, max: 10n ** 30n });
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), denominators, (n, d) => {
        const r = halfUp(n, d);
        expect((2n * r - 1n) * d <= 2n * n && 2n * n < (2n * r + 1n) * d).toBe(true);
      }),
    );
  });

  it('refuses a denominator that is not above zero', () => {
    expect(() => halfUp(1n, 0n)).toThrow(RangeError);
    expect(() => halfUp(1n, -2n)).toThrow(RangeError);
  });
});

describe('formatMoney', () => {
  it.each([
    [140_200, 'USD', 'USD 1,402.00'],
    [-1_402, 'USD', 'USD -14.02'],
    [5, 'EUR', 'EUR 0.05'],
    [-5, 'EUR', 'EUR -0.05'],
    [0, 'USD', 'USD 0.00'],
    [-0, 'USD', 'USD 0.00'],
    [99_999, 'USD', 'USD 999.99'],
    [100_000_000, 'USD', 'USD 1,000,000.00'],
    [968, 'JPY', 'JPY 968'],
    [0, 'JPY', 'JPY 0'],
    [-1_234_567, 'JPY', 'JPY -1,234,567'],
    [6_900, 'KWD', 'KWD 6.900'],
    [7, 'KWD', 'KWD 0.007'],
    [Number.MAX_SAFE_INTEGER, 'USD', 'USD 90,071,992,547,409.91'],
    [Number.MIN_SAFE_INTEGER, 'KWD', 'KWD -9,007,199,254,740.991'],
  ])('%d %s is %s', (amount, currency, text) => {
    expect(formatMoney(amount, currency)).toBe(text);
  });

  it('shows the amount that it was given, whatever the currency', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.constantFrom('USD', 'JPY', 'KWD'), (amount, currency) => {
        const text = formatMoney(amount, currency);
        expect(text).toMatch(/^[A-Z]{3} -?(0|[1-9]\d{0,2}(,\d{3})*)(\.\d{2,3})?$/);
        expect(Number(text.replace(/[A-Z ,.]/g, '')) + 0).toBe(amount + 0);
        expect(text.split('.')[1]?.length ?? 0).toBe(currencyExponent(currency));
      }),
    );
  });

  it('refuses an amount that is not whole', () => {
    for (const amount of [0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => formatMoney(amount, 'USD')).toThrow(RangeError);
    }
  });
});

describe('sumOf', () => {
  it('is exact, also where a part of it alone would be too large', () => {
    expect(sumOf([])).toBe(0);
    expect(sumOf([-1_402, 4_785])).toBe(3_383);
    expect(sumOf([Number.MAX_SAFE_INTEGER, 2, 1, -4])).toBe(Number.MAX_SAFE_INTEGER - 1);
  });

  it('of nothing but -0 is 0', () => {
    expect(sumOf([-0])).toBe(0);
    expect(sumOf([-5, 5])).toBe(0);
  });

  it('does not depend on the order', () => {
    const amounts = fc.array(fc.integer({ min: -(10 ** 14), max: 10 ** 14 }), { maxLength: 50 });
    fc.assert(
      fc.property(amounts, (list) => {
        expect(sumOf(list.toReversed())).toBe(sumOf(list));
        expect(sumOf([...list, ...list.map((amount) => 0 - amount)])).toBe(0);
      }),
    );
  });

  it('refuses what cannot be exact', () => {
    expect(sumOf([Number.MAX_SAFE_INTEGER])).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => sumOf([Number.MAX_SAFE_INTEGER, 1])).toThrow(RangeError);
    expect(() => sumOf([Number.MIN_SAFE_INTEGER, -1])).toThrow(RangeError);
    expect(() => sumOf([0.5, 0.5])).toThrow(RangeError);
    expect(() => sumOf([Number.NaN])).toThrow(RangeError);
  });
});
