import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { id, text, timestamp } from './primitives.ts';

export const billingIntervals = ['month', 'year'] as const;
export type BillingInterval = (typeof billingIntervals)[number];

const interval = z.enum(billingIntervals);
const planCode = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,32}$/, 'must be the code of a plan')
  .meta({ examples: ['growth'] });

export const subscriptionStatuses = [
  'incomplete',
  'incomplete_expired',
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'canceled',
] as const;

export const currency = z.string().regex(/^[A-Z]{3}$/);
/** Money is whole minor units: 2900 is 29.00 USD, 2900 JPY or 2.900 KWD. */
export const minorUnits = z.int();

const pendingChange = z
  .object({ plan_code: planCode, interval, effective_at: timestamp })
  .meta({ id: 'PendingPlanChange' });

export const subscription = z
  .object({
    id: id('subscription'),
    plan_code: z.string(),
    interval,
    status: z.enum(subscriptionStatuses),
    by_contract: z.boolean().meta({
      description: 'The operator set the plan up; there are no invoices, and only the operator changes it.',
    }),
    currency: currency.nullable(),
    price: minorUnits.nullable().meta({ description: 'Minor units per interval; null: none.' }),
    current_period_start: timestamp,
    current_period_end: timestamp.nullable().meta({ description: 'null: it does not end by itself.' }),
    trial_end: timestamp.nullable(),
    cancel_at_period_end: z.boolean(),
    canceled_at: timestamp.nullable().meta({ description: 'When somebody asked for the end.' }),
    ended_at: timestamp.nullable(),
    pending_change: pendingChange.nullable(),
    open_invoice_id: id('invoice')
      .nullable()
      .meta({ description: 'The oldest invoice that waits for money.' }),
    created_at: timestamp,
    updated_at: timestamp,
    version: z.int(),
  })
  .meta({ id: 'Subscription' });
export type Subscription = z.infer<typeof subscription>;

export const invoiceLineKinds = [
  'subscription',
  'proration_credit',
  'proration_charge',
  'correction',
] as const;
export const invoiceLine = z
  .object({
    kind: z.enum(invoiceLineKinds),
    description: z.string(),
    plan_code: z.string(),
    interval,
    period_start: timestamp,
    period_end: timestamp,
    amount: minorUnits.meta({ description: 'Minor units; a credit is below zero.' }),
  })
  .meta({ id: 'InvoiceLine' });
export type InvoiceLine = z.infer<typeof invoiceLine>;

const tag = 'Billing';
const reads = ['admin', 'read_only'] as const;
const writes = ['admin'] as const;
const noFields = z.strictObject({});

/** What a change of plan costs now, line by line. */
export const upgradeQuote = z
  .object({
    proration_date: timestamp.meta({
      description: 'Send it back within ten minutes to be charged exactly this.',
    }),
    expires_at: timestamp,
    currency: currency.nullable(),
    lines: z.array(invoiceLine),
    total: minorUnits,
    credit_applied: minorUnits.meta({ description: 'Paid out of the credit balance.' }),
    amount_due: minorUnits.meta({ description: 'What is charged to the payment method.' }),
  })
  .meta({ id: 'UpgradeQuote' });
export type UpgradeQuote = z.infer<typeof upgradeQuote>;

export const getSubscription = defineProcedure({
  name: 'billing.subscription.get',
  method: 'GET',
  path: '/billing/subscription',
  tag,
  summary: 'Get the current subscription',
  description: 'The live one; else the one that ended last.',
  keys: reads,
  input: noFields,
  output: subscription,
  errors: ['RESOURCE_NOT_FOUND'],
});

export const subscribe = defineProcedure({
  name: 'billing.subscribe',
  method: 'POST',
  path: '/billing/subscribe',
  tag,
  summary: 'Subscribe to a plan',
  description:
    'Begins with the trial of the plan, if it has one and the account never had any. Otherwise the first period is paid now: a payment that fails leaves the subscription `incomplete` for 23 hours, in which its invoice can be paid.',
  keys: writes,
  access: 'open',
  input: z.strictObject({
    plan_code: planCode,
    interval,
    payment_method: text(200).optional().meta({
      description:
        'A payment method of the account (`pmt_…`), or a token of the payment provider; the default method when left out.',
    }),
  }),
  output: subscription,
  statuses: [201],
  errors: ['PAYMENT_REQUIRED', 'RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { plan_code: 'growth', interval: 'month' },
});

export const upgrade = defineProcedure({
  name: 'billing.upgrade',
  method: 'PUT',
  path: '/billing/upgrade',
  tag,
  summary: 'Upgrade to a higher plan or to yearly payment',
  description:
    'Now: what is left of the period is credited at the old price and charged at the new one. Paid first, then switched: if the payment fails, nothing changes. `dry_run` tells the price. A scheduled downgrade is dropped.',
  keys: writes,
  access: 'open',
  input: z.strictObject({
    plan_code: planCode,
    interval: interval.optional().meta({ description: 'As now when left out.' }),
    dry_run: z.boolean().optional(),
    proration_date: timestamp.optional().meta({ description: 'Of a dry run at most ten minutes ago.' }),
  }),
  output: z
    .object({
      dry_run: z.boolean(),
      quote: upgradeQuote,
      subscription,
      invoice_id: id('invoice').nullable().meta({ description: 'null: a dry run, or nothing was charged.' }),
    })
    .meta({ id: 'Upgrade' }),
  errors: ['PAYMENT_REQUIRED', 'SUBSCRIPTION_INACTIVE', 'RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { plan_code: 'growth', dry_run: true },
});

export const planMetrics = [
  'products',
  'licenses',
  'customers',
  'activations',
  'api_keys',
  'webhook_endpoints',
] as const;
export type PlanMetric = (typeof planMetrics)[number];

const exceeded = z
  .object({ metric: z.enum(planMetrics), used: z.int(), limit: z.int() })
  .meta({ id: 'ExceededLimit' });

export const downgrade = defineProcedure({
  name: 'billing.downgrade',
  method: 'PUT',
  path: '/billing/downgrade',
  tag,
  summary: 'Downgrade to a lower plan or to monthly payment',
  description:
    'At the end of the period; no money moves, and a later call replaces this one. Nothing is deleted: where use is above a new limit, `exceeds` says so, and nothing more can be created until it is below.',
  keys: writes,
  access: 'open',
  input: z.strictObject({
    plan_code: planCode,
    interval: interval.optional().meta({ description: 'As now when left out.' }),
  }),
  output: z.object({ subscription, exceeds: z.array(exceeded) }).meta({ id: 'Downgrade' }),
  errors: ['SUBSCRIPTION_INACTIVE', 'RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { plan_code: 'starter' },
});

export const cancelSubscription = defineProcedure({
  name: 'billing.cancel',
  method: 'POST',
  path: '/billing/cancel',
  tag,
  summary: 'Cancel the subscription',
  description: 'At the end of what is paid, or now. Nothing is paid back. Repeating it changes nothing.',
  keys: writes,
  access: 'open',
  input: z.strictObject({ at: z.enum(['period_end', 'now']).default('period_end') }),
  output: subscription,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { at: 'period_end' },
});

export const resumeSubscription = defineProcedure({
  name: 'billing.resume',
  method: 'POST',
  path: '/billing/resume',
  tag,
  summary: 'Take a cancellation back',
  description: 'As long as the period has not ended. Repeating it changes nothing.',
  keys: writes,
  access: 'open',
  input: noFields,
  output: subscription,
  errors: ['SUBSCRIPTION_INACTIVE', 'RESOURCE_NOT_FOUND', 'CONFLICT'],
});

export const paymentMethod = z
  .object({
    id: id('payment_method'),
    kind: z.string().meta({ examples: ['card'] }),
    brand: z.string().nullable(),
    last_four: z.string().nullable(),
    exp_month: z.int().nullable(),
    exp_year: z.int().nullable(),
    is_default: z.boolean(),
    created_at: timestamp,
  })
  .meta({ id: 'PaymentMethod' });
export type PaymentMethod = z.infer<typeof paymentMethod>;

export const listPaymentMethods = defineProcedure({
  name: 'billing.paymentMethods.list',
  method: 'GET',
  path: '/billing/payment-methods',
  tag,
  summary: 'List payment methods',
  description: 'The default one first. There are at most 20.',
  keys: reads,
  input: noFields,
  output: z.array(paymentMethod),
});

export const createPaymentMethod = defineProcedure({
  name: 'billing.paymentMethods.create',
  method: 'POST',
  path: '/billing/payment-methods',
  tag,
  summary: 'Add a payment method',
  description:
    'With a token of the payment provider it is added now, becomes the default, and open invoices are tried with it at once. Without one the answer names a page of the provider, on which the payer leaves it. No card number ever reaches this server.',
  keys: writes,
  access: 'open',
  input: z.strictObject({
    token: text(200).optional().meta({ description: 'What the provider’s own form gave.' }),
    return_url: z
      .string()
      .max(2000)
      .regex(/^https?:\/\/[!-~]+$/i, 'must be a URL')
      .optional()
      .meta({ description: 'Where the page of the provider leads back to.' }),
  }),
  output: z
    .object({ payment_method: paymentMethod.nullable(), set_up_url: z.string().nullable() })
    .meta({ id: 'AddedPaymentMethod' }),
  statuses: [201],
  errors: ['PAYMENT_REQUIRED', 'CONFLICT'],
  example: { return_url: 'https://vendor.example.com/billing' },
});

export const deletePaymentMethod = defineProcedure({
  name: 'billing.paymentMethods.delete',
  method: 'DELETE',
  path: '/billing/payment-methods/:paymentMethodId',
  tag,
  summary: 'Remove a payment method',
  description: 'The newest of the others becomes the default.',
  keys: writes,
  access: 'open',
  input: z.strictObject({ paymentMethodId: id('payment_method') }),
  output: z.object({ id: id('payment_method'), deleted: z.literal(true) }),
  errors: ['RESOURCE_NOT_FOUND'],
});

export const advanceTestClock = defineProcedure({
  name: 'billing.testClock.advance',
  method: 'POST',
  path: '/billing/test-clock/advance',
  tag,
  summary: 'Move the clock of a test account',
  description:
    'Forward only. Everything that falls due in between happens, in order: renewals, failed payments, ends of trials and licenses. At most two years at a time. Only accounts that the operator made as test accounts have a clock.',
  keys: writes,
  access: 'open',
  input: z.strictObject({ to: timestamp }),
  output: z.object({ now: timestamp }).meta({ id: 'TestClock' }),
  errors: ['CONFLICT'],
  example: { to: '2027-01-26T12:00:00.000Z' },
});
