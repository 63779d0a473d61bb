import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { periodEnd } from '../../platform/periods.ts';
import { type PriceChange, prorate } from './proration.ts';

interface ProrationCase {
  readonly id: string;
  readonly old_price: number;
  readonly new_price: number;
  readonly period_start: string;
  readonly period_end: string;
  readonly change_at: string;
  readonly credit: number;
  readonly charge: number;
  readonly net: number;
}

const { cases } = JSON.parse(readFileSync(new URL('./proration-vectors.json', import.meta.url), 'utf8')) as {
  cases: ProrationCase[];
};

const prices = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const changes: fc.Arbitrary<PriceChange> = fc
  .record({
    oldPrice: prices,
    newPrice: prices,
    periodStart: fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2100, 0) }),
    interval: fc.constantFrom('month' as const, 'year' as const),
    share: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  })
  .map(({ interval, share, ...change }) => {
    const end = periodEnd(change.periodStart, interval, 0);
    const at = change.periodStart + Math.floor(share * (end - change.periodStart));
    return { ...change, periodEnd: end, at };
  });

const november: PriceChange = {
  oldPrice: 2_900,
  newPrice: 9_900,
  periodStart: Date.UTC(2026, 10),
  periodEnd: Date.UTC(2026, 11),
  at: Date.UTC(2026, 10, 16),
};

describe('prorate', () => {
  it('has all its worked cases', () => {
    expect(cases.map(({ id }) => id)).toEqual([
      'P-A',
      'P-B',
      'P-B2',
      'P-C',
      'P-D',
      'P-E1',
      'P-E2',
      'P-F',
      'P-G',
      'P-H',
    ]);
  });

  it.each(cases)('gives what was worked out by hand: $id', (worked) => {
    const { credit, charge } = prorate({
      oldPrice: worked.old_price,
      newPrice: worked.new_price,
      periodStart: Date.parse(worked.period_start),
      periodEnd: Date.parse(worked.period_end),
      at: Date.parse(worked.change_at),
    });
    expect({ credit, charge, net: charge - credit }).toEqual({
      credit: worked.credit,
      charge: worked.charge,
      net: worked.net,
    });
  });

  it('counts a second that has begun as used', () => {
    const priced = { ...november, oldPrice: 2_592_000, newPrice: 2 * 2_592_000 };
    const after = (ms: number) => prorate({ ...priced, at: priced.periodStart + ms });
    expect(after(0)).toEqual({ credit: 2_592_000, charge: 5_184_000 });
    expect(after(1)).toEqual({ credit: 2_591_999, charge: 5_183_998 });
    expect(after(1_000)).toEqual({ credit: 2_591_999, charge: 5_183_998 });
    expect(after(1_001)).toEqual({ credit: 2_591_998, charge: 5_183_996 });
    expect(prorate({ ...priced, at: priced.periodEnd - 1_000 })).toEqual({ credit: 1, charge: 2 });
    expect(prorate({ ...priced, at: priced.periodEnd - 999 })).toEqual({ credit: 0, charge: 0 });
  });

  it('never gives more than the full price, nor less than nothing', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const { credit, charge } = prorate(change);
        expect(credit).toBeGreaterThanOrEqual(0);
        expect(credit).toBeLessThanOrEqual(change.oldPrice);
        expect(charge).toBeGreaterThanOrEqual(0);
        expect(charge).toBeLessThanOrEqual(change.newPrice);
      }),
    );
  });

  it('never rises as time goes on', () => {
    fc.assert(
      fc.property(changes, fc.nat(), (change, later) => {
        const at = Math.min(change.periodEnd - 1, change.at + later);
        const [sooner, then] = [prorate(change), prorate({ ...change, at })];
        expect(then.credit).toBeLessThanOrEqual(sooner.credit);
        expect(then.charge).toBeLessThanOrEqual(sooner.charge);
      }),
    );
  });

  it('charges of an equal price what it credits', () => {
    fc.assert(
      fc.property(changes, (change) => {
        const { credit, charge } = prorate({ ...change, newPrice: change.oldPrice });
        expect(charge).toBe(credit);
      }),
    );
  });

  it('gives the full prices in the moment in which the period begins', () => {
    fc.assert(
      fc.property(changes, (change) => {
        expect(prorate({ ...change, at: change.periodStart })).toEqual({
          credit: change.oldPrice,
          charge: change.newPrice,
        });
      }),
    );
  });

  it('refuses a moment outside the period', () => {
    const { periodStart, periodEnd: end } = november;
    for (const at of [periodStart - 1, end, end + 1, Number.NaN]) {
      expect(() => prorate({ ...november, at })).toThrow(RangeError);
    }
    expect(() => prorate({ ...november, at: end - 1 })).not.toThrow();
  });

  it('refuses a period under a second, and a price that is not whole', () => {
    const { periodStart } = november;
    expect(() => prorate({ ...november, periodEnd: periodStart + 999, at: periodStart })).toThrow(RangeError);
    expect(() => prorate({ ...november, oldPrice: 0.5 })).toThrow(RangeError);
  });
});
