import {
  type CounterMetric,
  counterMetrics,
  type Plan,
  type PlanMetric,
  planMetrics,
  type Usage,
  type UsageSnapshot,
} from '@thrivetech/contracts';
import { toTimestamp } from '../../platform/clock.ts';
import { periodEnd, periodIndexAt, periodStart } from '../../platform/periods.ts';

/** What there is of each thing that a plan limits. */
export type Gauges = Readonly<Record<PlanMetric, number>>;

/** What an account uses, as its counters hold it. Times in epoch milliseconds. */
export interface UsageRecord extends Gauges, Readonly<Record<CounterMetric, number>> {
  readonly account_id: string;
  /** Periods are months from here. */
  readonly usage_anchor_at: number;
  readonly usage_started_at: number;
  /** 0: the first period has not begun. */
  readonly usage_ends_at: number;
}

/** From its start up to its end, which belongs to the next one. */
interface Span {
  readonly start: number;
  readonly end: number;
}

export interface UsagePeriod extends Span {
  readonly anchor: number;
}

/**
 * The period from a moment on.
 *
 * @param anchor in the future, it ends the period that runs until then: that of a trial.
 */
function periodFrom(anchor: number, start: number): UsagePeriod {
  const end = anchor > start ? anchor : periodEnd(anchor, 'month', periodIndexAt(anchor, 'month', start));
  return { anchor, start, end };
}

/** The period that runs at a moment; before the first has begun, the month since the account was made. */
export function runningPeriod(usage: UsageRecord, accountCreatedAt: number, now: number): UsagePeriod {
  if (usage.usage_ends_at > 0) {
    return { anchor: usage.usage_anchor_at, start: usage.usage_started_at, end: usage.usage_ends_at };
  }
  const anchor = Math.min(accountCreatedAt, now);
  return periodFrom(anchor, periodStart(anchor, 'month', periodIndexAt(anchor, 'month', now)));
}

/**
 * The periods that have ended by a moment, in order, and the one that runs then.
 *
 * @param anchor what periods are counted from afterwards: then the running one ends at this moment, unless it begins there.
 */
export function endedPeriods(
  running: UsagePeriod,
  at: number,
  anchor?: number,
): { ended: Span[]; next: UsagePeriod } {
  const ended: Span[] = [];
  let next = running;
  while (next.end <= at) {
    ended.push(next);
    next = periodFrom(next.anchor, next.end);
  }
  if (anchor === undefined) return { ended, next };
  if (at > next.start) ended.push({ start: next.start, end: at });
  // Not before the start of the one that runs, also where the clock was set back: periods never overlap.
  return { ended, next: periodFrom(anchor, Math.max(at, next.start)) };
}

/** A closed period as it was. */
export interface SnapshotRecord {
  readonly id: string;
  readonly account_id: string;
  readonly plan_code: string;
  readonly started_at: number;
  readonly ended_at: number;
  readonly metrics: UsageSnapshot['metrics'];
  readonly created_at: number;
}

const isCounter = (metric: PlanMetric | CounterMetric): metric is CounterMetric =>
  (counterMetrics as readonly string[]).includes(metric);

/** All metrics with what was used of them, and how much the plan allows. */
export const metricsOf = (
  usage: Gauges & Readonly<Record<CounterMetric, number>>,
  limits: Plan['limits'],
): UsageSnapshot['metrics'] =>
  [...planMetrics, ...counterMetrics].map((metric) => ({
    metric,
    used: usage[metric],
    limit: isCounter(metric) ? null : limits[metric],
  }));

/** The usage of the running period as callers see it. */
export function usageView(
  usage: UsageRecord,
  plan: Pick<Plan, 'code' | 'limits'>,
  { start, end }: UsagePeriod,
): Usage {
  return {
    plan_code: plan.code,
    period: { start: toTimestamp(start), end: toTimestamp(end) },
    metrics: metricsOf(usage, plan.limits).map(({ metric, used, limit }) => ({
      ...{ metric, used, limit, remaining: limit === null ? null : Math.max(0, limit - used) },
      resets_at: isCounter(metric) ? toTimestamp(end) : null,
    })),
  };
}

/** A closed period as callers see it. */
export const snapshotView = ({
  id,
  plan_code,
  started_at,
  ended_at,
  metrics,
  created_at,
}: SnapshotRecord) => ({
  ...{ id, plan_code, metrics },
  period: { start: toTimestamp(started_at), end: toTimestamp(ended_at) },
  created_at: toTimestamp(created_at),
});
