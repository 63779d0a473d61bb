import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { periodEnd, periodIndexAt, periodStart } from './periods.ts';

const anchors = fc.integer({ min: Date.UTC(1970, 0), max: Date.UTC(2200, 0) });
const intervals = fc.constantFrom('month', 'year');
const indexes = fc.integer({ min: 0, max: 2_400 });

afterEach(() => {
  vi.unstubAllEnvs();
});

const starts = (anchor: string, interval: 'month' | 'year', indexes: readonly number[]) =>
  indexes.map((index) => new Date(periodStart(Date.parse(anchor), interval, index)).toISOString());

describe('a period', () => {
  it('begins on the last day of a short month, and a short month shortens no other', () => {
    expect(starts('2026-01-31T23:59:59.999Z', 'month', [0, 1, 2, 3, 4, 12, 13, 25])).toEqual([
      '2026-01-31T23:59:59.999Z',
      '2026-02-28T23:59:59.999Z',
      '2026-03-31T23:59:59.999Z',
      '2026-04-30T23:59:59.999Z',
      '2026-05-31T23:59:59.999Z',
      '2027-01-31T23:59:59.999Z',
      '2027-02-28T23:59:59.999Z',
      '2028-02-29T23:59:59.999Z',
    ]);
    expect(starts('2026-12-30T00:00:00Z', 'month', [1, 2, 3])).toEqual([
      '2027-01-30T00:00:00.000Z',
      '2027-02-28T00:00:00.000Z',
      '2027-03-30T00:00:00.000Z',
    ]);
  });

  it('of a year that began on a leap day begins on Feb 28, and on the next leap day again', () => {
    expect(starts('2028-02-29T12:00:00Z', 'year', [0, 1, 3, 4])).toEqual([
      '2028-02-29T12:00:00.000Z',
      '2029-02-28T12:00:00.000Z',
      '2031-02-28T12:00:00.000Z',
      '2032-02-29T12:00:00.000Z',
    ]);
    // 2100 is no leap year.
    expect(starts('2096-02-29T00:00:00Z', 'year', [4, 8])).toEqual([
      '2100-02-28T00:00:00.000Z',
      '2104-02-29T00:00:00.000Z',
    ]);
  });

  it('ends in the moment in which the next one begins', () => {
    const anchor = Date.UTC(2028, 0, 31);
    expect(periodEnd(anchor, 'month', 0)).toBe(Date.UTC(2028, 1, 29));
    expect(periodEnd(anchor, 'month', 1)).toBe(Date.UTC(2028, 2, 31));
    expect(periodEnd(anchor, 'year', 0)).toBe(Date.UTC(2029, 0, 31));
  });

  it('is counted in UTC, wherever the server stands', () => {
    for (const zone of ['Pacific/Auckland', 'America/Los_Angeles']) {
      vi.stubEnv('TZ', zone);
      expect(new Date(0).getTimezoneOffset()).not.toBe(0);
      // Where it is another day, another month and another year than in UTC.
      for (const [anchor, nextMonth, nextYear] of [
        ['2026-12-31T23:30:00.000Z', '2027-01-31T23:30:00.000Z', '2027-12-31T23:30:00.000Z'],
        ['2027-01-01T00:30:00.000Z', '2027-02-01T00:30:00.000Z', '2028-01-01T00:30:00.000Z'],
        ['2027-09-30T23:30:00.000Z', '2027-10-30T23:30:00.000Z', '2028-09-30T23:30:00.000Z'],
      ] as const) {
        expect(starts(anchor, 'month', [0, 1, 12])).toEqual([anchor, nextMonth, nextYear]);
        const indexAt = (at: number) => periodIndexAt(Date.parse(anchor), 'month', at);
        expect(indexAt(Date.parse(nextMonth) - 1)).toBe(0);
        expect([anchor, nextMonth, nextYear].map((at) => indexAt(Date.parse(at)))).toEqual([0, 1, 12]);
      }
    }
  });

  it('begins in the month it is due, at the time of day of the anchor, never on a later day', () => {
    fc.assert(
      fc.property(anchors, intervals, indexes, (anchor, interval, index) => {
        const [from, start] = [new Date(anchor), new Date(periodStart(anchor, interval, index))];
        const monthOf = (date: Date) => date.getUTCFullYear() * 12 + date.getUTCMonth();
        expect(monthOf(start) - monthOf(from)).toBe(interval === 'year' ? 12 * index : index);
        expect(start.toISOString().slice(11)).toBe(from.toISOString().slice(11));
        const isLastDay = new Date(start.getTime() + 86_400_000).getUTCDate() === 1;
        if (isLastDay) expect(start.getUTCDate()).toBeLessThanOrEqual(from.getUTCDate());
        else expect(start.getUTCDate()).toBe(from.getUTCDate());
      }),
    );
  });

  it('of a year is twelve of a month', () => {
    fc.assert(
      fc.property(anchors, fc.integer({ min: 0, max: 200 }), (anchor, index) => {
        expect(periodStart(anchor, 'year', index)).toBe(periodStart(anchor, 'month', 12 * index));
      }),
    );
  });
});

describe('periodIndexAt', () => {
  it('counts the start to the period and the end to the next one', () => {
    const anchor = Date.UTC(2026, 0, 31, 10);
    expect(periodIndexAt(anchor, 'month', anchor)).toBe(0);
    expect(periodIndexAt(anchor, 'month', Date.UTC(2026, 1, 28, 10) - 1)).toBe(0);
    expect(periodIndexAt(anchor, 'month', Date.UTC(2026, 1, 28, 10))).toBe(1);
    expect(periodIndexAt(anchor, 'month', Date.UTC(2026, 2, 31, 10) - 1)).toBe(1);
    expect(periodIndexAt(anchor, 'month', Date.UTC(2026, 2, 31, 10))).toBe(2);
    expect(periodIndexAt(anchor, 'year', Date.UTC(2027, 0, 31, 10) - 1)).toBe(0);
    expect(periodIndexAt(anchor, 'year', Date.UTC(2027, 0, 31, 10))).toBe(1);
  });

  it('finds every period at its first and its last moment', () => {
    fc.assert(
      fc.property(anchors, intervals, indexes, (anchor, interval, index) => {
        expect(periodIndexAt(anchor, interval, periodStart(anchor, interval, index))).toBe(index);
        expect(periodIndexAt(anchor, interval, periodEnd(anchor, interval, index) - 1)).toBe(index);
      }),
    );
  });

  it('finds the period that holds the moment, whenever that is', () => {
    const later = fc.integer({ min: 0, max: 200 * 365 * 86_400_000 });
    fc.assert(
      fc.property(anchors, intervals, later, (anchor, interval, after) => {
        const at = anchor + after;
        const index = periodIndexAt(anchor, interval, at);
        expect(index).toBeGreaterThanOrEqual(0);
        expect(periodStart(anchor, interval, index)).toBeLessThanOrEqual(at);
        expect(periodEnd(anchor, interval, index)).toBeGreaterThan(at);
      }),
    );
  });

  it('refuses a moment before the anchor', () => {
    const anchor = Date.UTC(2026, 5, 1);
    expect(() => periodIndexAt(anchor, 'month', anchor - 1)).toThrow(RangeError);
    expect(() => periodIndexAt(anchor, 'year', Number.NaN)).toThrow(RangeError);
  });
});
