import { z } from 'zod';
import { planMetrics } from './billing.ts';
import { defineProcedure } from './define-procedure.ts';
import { pageInput, pageOf, sortInput } from './pagination.ts';
import { id, timestamp } from './primitives.ts';

/** What is counted and not limited; it begins at zero with each period. */
export const counterMetrics = ['api_requests', 'validations'] as const;
export type CounterMetric = (typeof counterMetrics)[number];

const period = z.object({ start: timestamp, end: timestamp }).meta({ id: 'UsagePeriod' });
const metric = z
  .object({
    metric: z.enum([...planMetrics, ...counterMetrics]),
    used: z.int(),
    limit: z.int().nullable().meta({ description: 'null: unlimited.' }),
    remaining: z.int().nullable().meta({ description: 'null: unlimited. Never below zero.' }),
    resets_at: timestamp.nullable().meta({ description: 'null: it does not; it counts what there is.' }),
  })
  .meta({ id: 'UsageMetric' });

export const usage = z
  .object({ plan_code: z.string(), period, metrics: z.array(metric) })
  .meta({ id: 'Usage' });
export type Usage = z.infer<typeof usage>;

export const usageSnapshot = z
  .object({
    id: id('usage_snapshot'),
    plan_code: z.string(),
    period,
    metrics: z.array(
      metric.pick({ metric: true, used: true, limit: true }).meta({ id: 'UsageMetricOfPeriod' }),
    ),
    created_at: timestamp,
  })
  .meta({ id: 'UsageSnapshot' });
export type UsageSnapshot = z.infer<typeof usageSnapshot>;

const tag = 'Billing';
const reads = ['admin', 'read_only'] as const;

export const getUsage = defineProcedure({
  name: 'billing.usage.get',
  method: 'GET',
  path: '/billing/usage',
  tag,
  summary: 'Get the current usage',
  description:
    'What there is (products, licenses and so on) is exact. `api_requests` and `validations` count the period and may lag by two seconds. Trial licenses and their devices do not count.',
  keys: reads,
  input: z.strictObject({}),
  output: usage,
});

export const listUsage = defineProcedure({
  name: 'billing.usage.history',
  method: 'GET',
  path: '/billing/usage/history',
  tag,
  summary: 'List the usage of past periods',
  description: 'As it was when each period closed; it never changes afterwards.',
  keys: reads,
  input: z.strictObject({ ...pageInput, ...sortInput(['created_at']) }),
  output: pageOf(usageSnapshot),
});
