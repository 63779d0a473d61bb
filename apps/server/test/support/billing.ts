import {
  advanceTestClock,
  cancelSubscription,
  createPaymentMethod,
  deletePaymentMethod,
  downgrade,
  getInvoice,
  getInvoicePdf,
  getSubscription,
  getUsage,
  type Invoice,
  listInvoices,
  listPaymentMethods,
  listUsage,
  type PaymentMethod,
  payInvoice,
  resumeSubscription,
  type Subscription,
  subscribe,
  type Usage,
  type UsageSnapshot,
  upgrade,
} from '@thrivetech/contracts';
import type { z } from 'zod';
import { toTimestamp } from '../../src/platform/clock.ts';
import type { Answer } from './answer.ts';
import { createVendor, type Vendor } from './builders.ts';
import type { Door } from './doors.ts';
import type { TestServer } from './test-server.ts';

type Input = Record<string, unknown>;
type InvoiceWithPayments = z.output<typeof getInvoice.output>;

/** The billing operations, as their account calls them; `key` when another shall. */
export function billingOf(door: Door, vendor: () => Vendor) {
  const call =
    <Data>(contract: Parameters<Door['call']>[0]) =>
    (input: Input = {}, key = vendor().admin, headers: Record<string, string> = {}): Promise<Answer<Data>> =>
      door.call<Data>(contract, input, { key, headers });
  return {
    subscription: call<Subscription>(getSubscription),
    subscribe: call<Subscription>(subscribe),
    upgrade: call<z.output<typeof upgrade.output>>(upgrade),
    downgrade: call<z.output<typeof downgrade.output>>(downgrade),
    cancel: call<Subscription>(cancelSubscription),
    resume: call<Subscription>(resumeSubscription),
    invoices: call<Invoice[]>(listInvoices),
    invoice: call<InvoiceWithPayments>(getInvoice),
    pdf: call<z.output<typeof getInvoicePdf.output>>(getInvoicePdf),
    pay: call<InvoiceWithPayments>(payInvoice),
    methods: call<PaymentMethod[]>(listPaymentMethods),
    addMethod: call<z.output<typeof createPaymentMethod.output>>(createPaymentMethod),
    removeMethod: call<{ id: string }>(deletePaymentMethod),
    advance: call<{ now: string }>(advanceTestClock),
    usage: call<Usage>(getUsage),
    usageHistory: call<UsageSnapshot[]>(listUsage),
  };
}

export type BillingCalls = ReturnType<typeof billingOf>;

/** What an answer gave; one that is an error fails the test. */
export async function dataOf<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error } = await answer;
  if (error) throw new Error(JSON.stringify(error));
  return data;
}

/** A test account that has to subscribe, with its clock at the server's time or at one of its own. */
export async function createTestVendor(server: TestServer, at?: string): Promise<Vendor> {
  const vendor = await createVendor(server, {
    ...{ is_test: true, is_unsubscribed: true, plan_code: 'starter' },
    ...{ rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 },
  });
  if (at !== undefined) {
    await server.platform
      .database('accounts')
      .where({ id: vendor.account_id })
      .update({ test_now: Date.parse(at), created_at: Date.parse(at) });
  }
  return vendor;
}

/** A paid invoice, written straight into the tables: for accounts that have their plan by contract. */
export async function storedInvoice(
  server: TestServer,
  { account_id }: Pick<Vendor, 'account_id'>,
): Promise<string> {
  const { uow, newId, clock } = server.platform;
  const now = clock.now();
  const id = newId('invoice', now);
  await uow.runInternal(async (tx) => {
    const subscription = await tx.subscriptions.findCurrentForUpdate(account_id);
    if (!subscription) throw new Error('The account has no subscription.');
    const sequence = await tx.invoices.nextInSeries('STORED');
    const time = toTimestamp(now);
    await tx.invoices.insert({
      ...{ id, account_id, subscription_id: subscription.id, kind: 'subscription_cycle', status: 'paid' },
      ...{ number: `STORED-${sequence}`, series: 'STORED', sequence, credits_invoice_id: null },
      lines: [
        {
          ...{ kind: 'subscription', description: 'Starter, one month', plan_code: 'starter' },
          ...{ interval: 'month', period_start: time, period_end: time, amount: 2900 },
        },
      ],
      ...{ currency: 'USD', total: 2900, credit_applied: 0, amount_due: 2900, amount_paid: 2900 },
      ...{ seller: { name: 'Seller', lines: [] }, buyer: { name: 'Buyer', lines: [] } },
      // A period of its own for each: there is one invoice for a period.
      ...{ period_start: now + sequence, period_end: now + sequence + 1, change: null },
      ...{ payment_attempts: 1, next_attempt_at: null, created_at: now, finalized_at: now, paid_at: now },
    });
  });
  return id;
}

/** A payment method, written straight into the tables. */
export async function storedMethod(
  server: TestServer,
  { account_id }: Pick<Vendor, 'account_id'>,
): Promise<string> {
  const { uow, newId, clock } = server.platform;
  const now = clock.now();
  const id = newId('payment_method', now);
  await uow.runInternal((tx) =>
    tx.paymentMethods.insert({
      ...{ id, account_id, provider: 'manual', provider_ref: id, kind: 'card', brand: null },
      ...{ last_four: null, exp_month: null, exp_year: null, rank: 1, created_at: now, removed_at: null },
    }),
  );
  return id;
}

/** A closed usage period, written straight into the tables. */
export async function storedUsage(
  server: TestServer,
  { account_id }: Pick<Vendor, 'account_id'>,
): Promise<string> {
  const { newId, clock, database } = server.platform;
  const now = clock.now();
  const id = newId('usage_snapshot', now);
  const last = await database('usage_snapshots').where({ account_id }).max('started_at as at').first();
  const started_at = Number(last?.['at'] ?? 0) + 1;
  await database('usage_snapshots').insert({
    ...{ id, account_id, plan_code: 'enterprise', metrics: '[]' },
    ...{ started_at, ended_at: started_at + 1, created_at: now },
  });
  return id;
}
