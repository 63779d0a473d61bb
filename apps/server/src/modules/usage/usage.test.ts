import { planMetrics } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { endedPeriods, runningPeriod, type UsageRecord, usageView } from './usage.ts';

const at = (text: string): number => Date.parse(`${text}Z`);
const day = (text: string): number => at(`${text}T00:00`);
const named = (spans: readonly { start: number; end: number }[]) =>
  spans.map(({ start, end }) => [start, end].map((time) => new Date(time).toISOString().slice(0, 10)));

const nothing: UsageRecord = {
  account_id: 'acc_1',
  ...{ products: 0, licenses: 0, customers: 0, activations: 0, api_keys: 0, webhook_endpoints: 0 },
  ...{ api_requests: 0, validations: 0, usage_anchor_at: 0, usage_started_at: 0, usage_ends_at: 0 },
};
const january = { anchor: day('2026-01-31'), start: day('2026-01-31'), end: day('2026-02-28') };

describe('the period that runs', () => {
  it('is, before the first has begun, the month since the account was made', () => {
    const created = at('2026-01-31T10:30');
    const { start, end } = runningPeriod(nothing, created, at('2026-03-30T00:00'));
    expect([start, end]).toEqual([at('2026-02-28T10:30'), at('2026-03-31T10:30')]);
  });

  it('begins now where the account claims to be made in the future', () => {
    const now = day('2026-05-01');
    expect(runningPeriod(nothing, day('2026-09-01'), now)).toMatchObject({ anchor: now, start: now });
  });

  it('is the stored one once there is one', () => {
    const usage = {
      ...{ ...nothing, usage_anchor_at: january.anchor },
      ...{ usage_started_at: january.start, usage_ends_at: january.end },
    };
    expect(runningPeriod(usage, 5, day('2027-01-01'))).toEqual(january);
  });
});

describe('the periods that have ended', () => {
  it('are none a millisecond before the end, and one at the end', () => {
    expect(endedPeriods(january, january.end - 1)).toEqual({ ended: [], next: january });
    const { ended, next } = endedPeriods(january, january.end);
    expect(named(ended)).toEqual([['2026-01-31', '2026-02-28']]);
    expect(named([next])).toEqual([['2026-02-28', '2026-03-31']]);
  });

  it('are, after months in which nobody looked, each of them in order, counted from the anchor', () => {
    const { ended, next } = endedPeriods(january, day('2026-05-15'));
    expect(named([...ended, next])).toEqual([
      ['2026-01-31', '2026-02-28'],
      ['2026-02-28', '2026-03-31'],
      ['2026-03-31', '2026-04-30'],
      ['2026-04-30', '2026-05-31'],
    ]);
  });

  it('with a new anchor are also the running one up to that moment, and months are counted from there', () => {
    const { ended, next } = endedPeriods(january, day('2026-03-05'), day('2026-03-05'));
    expect(named([...ended, next])).toEqual([
      ['2026-01-31', '2026-02-28'],
      ['2026-02-28', '2026-03-05'],
      ['2026-03-05', '2026-04-05'],
    ]);
  });

  it('with an anchor that lies ahead are followed by one that runs until then, and by months from there', () => {
    const begun = endedPeriods(january, day('2026-02-10'), day('2026-02-24'));
    expect(named([...begun.ended, begun.next])).toEqual([
      ['2026-01-31', '2026-02-10'],
      ['2026-02-10', '2026-02-24'],
    ]);
    expect(named([endedPeriods(begun.next, day('2026-02-24')).next])).toEqual([['2026-02-24', '2026-03-24']]);
  });

  it('have none without a length, and never overlap, also where the clock was set back', () => {
    for (const moment of [january.start, january.start - 5_000]) {
      const { ended, next } = endedPeriods(january, moment, moment);
      expect(ended).toEqual([]);
      expect(next.start).toBe(january.start);
      expect(next.end).toBeGreaterThan(january.start);
    }
  });
});

describe('usage as callers see it', () => {
  const view = (limit: number | null) =>
    usageView(
      { ...nothing, customers: 7, validations: 9 },
      {
        code: 'starter',
        limits: { ...limits, customers: limit },
      },
      january,
    ).metrics;
  const limits = {
    ...{ products: null, licenses: null, customers: null },
    ...{ activations: null, api_keys: null, webhook_endpoints: null },
  };

  it.each([
    [10, 3],
    [7, 0],
    [5, 0],
    [0, 0],
    [null, null],
  ])('of 7 with a limit of %s leaves %s, never less than nothing', (limit, remaining) => {
    expect(view(limit)).toContainEqual({ metric: 'customers', used: 7, limit, remaining, resets_at: null });
  });

  it('says of what is counted in a period when it begins anew, and of what there is that it does not', () => {
    const resets = view(1).map(({ metric, resets_at }) => [metric, resets_at]);
    const end = '2026-02-28T00:00:00.000Z';
    expect(resets).toEqual([
      ...planMetrics.map((metric) => [metric, null]),
      ['api_requests', end],
      ['validations', end],
    ]);
  });
});
