import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';

const limit = z.int().min(0).nullable().meta({ description: 'null: unlimited' });

const planPrice = z.object({
  currency: z.string().regex(/^[A-Z]{3}$/),
  month: z.int().min(0).meta({ description: 'Minor units per month.' }),
  year: z.int().min(0).meta({ description: 'Minor units per year.' }),
});

export const plan = z
  .object({
    code: z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/),
    name: z.string().min(1),
    custom: z.boolean().meta({ description: 'Rates and price by contract.' }),
    prices: z.array(planPrice),
    trial_days: z.int().min(0),
    rate_limits: z
      .object({
        per_minute: z.int().min(1).nullable(),
        per_hour: z.int().min(1).nullable(),
      })
      .meta({
        description: 'Requests per key class; null: by contract.',
      }),
    limits: z.object({
      products: limit,
      licenses: limit,
      customers: limit,
      activations: limit,
      api_keys: limit,
      webhook_endpoints: limit,
    }),
  })
  .meta({ id: 'Plan' });
export type Plan = z.infer<typeof plan>;

const anyKey = ['admin', 'read_only', 'channel'] as const;

export const listPlans = defineProcedure({
  name: 'plans.list',
  method: 'GET',
  path: '/platform/plans',
  tag: 'Platform plans',
  summary: 'List all available plans',
  keys: anyKey,
  input: z.strictObject({}),
  output: z.array(plan),
});

export const getPlan = defineProcedure({
  name: 'plans.get',
  method: 'GET',
  path: '/platform/plans/:planCode',
  tag: 'Platform plans',
  summary: 'Get a plan by its code',
  keys: anyKey,
  input: z.strictObject({
    planCode: z
      .string()
      .min(1)
      .max(32)
      .regex(/^[A-Za-z0-9_-]+$/),
  }),
  output: plan,
  errors: ['RESOURCE_NOT_FOUND'],
});
