import type { Invoice } from '@thrivetech/contracts';
import { expect, it } from 'vitest';
import { simulatedProvider } from '../../src/modules/billing/index.ts';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import { Ledger, type LedgerLine } from '../support/billing-ledger.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { type TestServer, useServer } from '../support/test-server.ts';

const starter = { plan_code: 'starter', interval: 'month' };

eachDatabase((database) => {
  // Real accounts pay with made-up money too, so that time can pass for them.
  const server = useServer(database, { paymentProvider: simulatedProvider });
  const callsOf = (vendor: () => Vendor) =>
    billingOf(
      restDoor(() => server.baseUrl),
      vendor,
    );
  const paysWith = async (billing: BillingCalls, token: string) => {
    await dataOf(billing.addMethod({ token }));
    await server.platform.jobs.runDue();
  };

  it('three years of a subscription with everything that can happen add up to the cent', async () => {
    const vendor = await createTestVendor(server, '2027-01-17T00:00:00.000Z');
    const billing = callsOf(() => vendor);
    await paysWith(billing, 'test_ok');
    await dataOf(billing.subscribe(starter));
    // The trial ends on a 31st, from which all months are counted.
    const ledger = new Ledger('starter', '2027-01-31T00:00:00.000Z');
    const to = async (time: string) => {
      await dataOf(billing.advance({ to: time }));
      ledger.advance(time);
    };
    const upgrade = async (at: string, plan_code: string, interval?: 'month' | 'year') => {
      await to(at);
      await dataOf(billing.upgrade({ plan_code, ...(interval && { interval }) }));
      ledger.upgrade(at, plan_code, interval);
    };
    const downgrade = async (plan_code: string, interval?: 'month' | 'year') => {
      await dataOf(billing.downgrade({ plan_code, ...(interval && { interval }) }));
      ledger.downgrade(plan_code, interval);
    };

    // February is short, and March is long again.
    await to('2027-03-01T00:00:00.000Z');
    await to('2027-03-31T00:00:00.000Z');
    await upgrade('2027-04-11T06:30:07.000Z', 'growth');
    // A renewal is refused, and paid by another method two days later.
    await paysWith(billing, 'test_declined');
    await to('2027-05-02T00:00:00.000Z');
    expect(await dataOf(billing.subscription())).toMatchObject({ status: 'past_due' });
    await paysWith(billing, 'test_ok');
    expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active' });
    await downgrade('starter');
    await to('2027-06-15T12:00:00.000Z');
    // Refused for good, so that it is not tried again; a new method pays on the thirteenth day.
    await paysWith(billing, 'test_declined_hard');
    await to('2027-07-13T00:00:00.000Z');
    await paysWith(billing, 'test_ok');
    // Nobody hears of a payment at first.
    await paysWith(billing, 'test_timeout');
    await to('2027-08-01T00:00:00.000Z');
    await paysWith(billing, 'test_ok');
    // An upgrade that its payer confirms a little later is charged at the price of when it was asked for.
    await to('2027-08-20T09:00:00.000Z');
    await paysWith(billing, 'test_requires_action');
    expect((await billing.upgrade({ plan_code: 'growth' })).error?.code).toBe('PAYMENT_REQUIRED');
    await dataOf(billing.advance({ to: '2027-08-20T09:05:00.000Z' }));
    ledger.upgrade('2027-08-20T09:00:00.000Z', 'growth');
    await paysWith(billing, 'test_ok');
    // A quote is charged as it was told, nine minutes later.
    await downgrade('starter');
    await to('2027-10-05T00:00:00.000Z');
    const { quote } = await dataOf(billing.upgrade({ plan_code: 'growth', dry_run: true }));
    await to('2027-10-05T00:09:00.000Z');
    await dataOf(billing.upgrade({ plan_code: 'growth', proration_date: quote.proration_date }));
    ledger.upgrade('2027-10-05T00:00:00.000Z', 'growth');
    // Canceled, and taken back.
    await dataOf(billing.cancel());
    await to('2027-10-20T00:00:00.000Z');
    await dataOf(billing.resume());
    // Nobody looks for more than three months.
    await to('2028-02-10T00:00:00.000Z');
    // The leap day; then years, and months again at the end of one.
    await to('2028-02-29T00:00:00.000Z');
    await upgrade('2028-03-07T23:59:59.000Z', 'growth', 'year');
    await downgrade('starter', 'month');
    await to('2029-03-08T00:00:00.000Z');
    await upgrade('2029-03-20T00:00:01.000Z', 'growth');
    await to('2030-01-31T00:00:00.000Z');

    const invoices = await allInvoices(billing);
    expect(linesOf(invoices)).toEqual(sorted(ledger.lines));
    expect(sum(invoices.map(({ amount_paid }) => amount_paid))).toBe(
      sum(ledger.lines.map(({ amount }) => amount)),
    );
    await expectSound(server, vendor, invoices);
    expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active', open_invoice_id: null });
  });

  it('a server that was down over three ends of a period writes three invoices, in order, and each is paid once', async () => {
    server.clock.set(Date.parse('2029-01-01T00:00:00.000Z'));
    const vendor = await createVendor(server, {
      is_unsubscribed: true,
      plan_code: 'starter',
      rate_per_minute: 10_000,
    });
    const billing = callsOf(() => vendor);
    await dataOf(billing.addMethod({ token: 'test_ok' }));
    await dataOf(billing.subscribe(starter));
    server.clock.set(Date.parse('2029-01-15T00:00:00.000Z'));
    await server.platform.jobs.runDue();
    const before = await allInvoices(billing);
    expect(before).toHaveLength(1);

    server.clock.set(Date.parse('2029-04-20T00:00:00.000Z'));
    await server.platform.jobs.runDue();
    const invoices = await allInvoices(billing);
    expect(invoices.map(({ period_start }) => period_start.slice(0, 10))).toEqual([
      ...['2029-01-15', '2029-02-15', '2029-03-15', '2029-04-15'],
    ]);
    expect(invoices.map(({ status, amount_paid }) => [status, amount_paid])).toEqual(
      Array(4).fill(['paid', 2900]),
    );
    await expectSound(server, vendor, invoices);
    expect(await dataOf(billing.subscription())).toMatchObject({
      ...{ status: 'active', current_period_end: '2029-05-15T00:00:00.000Z' },
    });

    // The clock is set back, and time comes round again.
    server.clock.advance(-40 * dayMs);
    for (let day = 0; day < 45; day += 5) {
      server.clock.advance(5 * dayMs + minuteMs);
      await server.platform.jobs.runDue();
    }
    expect(await allInvoices(billing)).toHaveLength(4);
  });
});

async function allInvoices(billing: BillingCalls): Promise<Invoice[]> {
  const invoices = await dataOf(billing.invoices({ limit: 100, sort: 'created_at' }));
  return invoices.sort((a, b) => (`${a.period_start}${a.number}` < `${b.period_start}${b.number}` ? -1 : 1));
}

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
const sorted = (lines: readonly LedgerLine[]): LedgerLine[] =>
  [...lines].sort((a, b) => (JSON.stringify([a.start, a.kind]) < JSON.stringify([b.start, b.kind]) ? -1 : 1));

const linesOf = (invoices: Invoice[]): LedgerLine[] =>
  sorted(
    invoices
      .filter(({ status }) => status === 'paid')
      .flatMap(({ lines }) => lines)
      .map(
        ({ kind, period_start: start, period_end: end, amount }) =>
          ({ kind, start, end, amount }) as LedgerLine,
      ),
  );

/** What must be true of the invoices of an account whatever has happened. */
async function expectSound(server: TestServer, vendor: Vendor, invoices: Invoice[]): Promise<void> {
  const finalized = invoices.filter(({ number }) => number !== null);
  const byYear = Map.groupBy(finalized, ({ number }) => number?.replace(/-\d+$/, ''));
  const isTest = (await server.platform.uow.read.accounts.find(vendor.account_id))?.test_now !== null;
  for (const ofYear of isTest ? byYear.values() : []) {
    const numbers = ofYear.map(({ number }) => Number(number?.split('-').at(-1))).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  }
  const periods = invoices
    .filter(({ kind }) => kind === 'subscription_cycle')
    .map(({ period_start }) => period_start);
  expect(new Set(periods).size).toBe(periods.length);
  for (const { total, amount_due, amount_paid, credit_applied, lines } of finalized) {
    expect(total).toBe(sum(lines.map(({ amount }) => amount)));
    expect([total >= 0, amount_paid + credit_applied]).toEqual([true, total]);
    expect(amount_due).toBe(amount_paid);
  }
  const { events } = await sideEffects(server, vendor);
  const paid = events
    .filter(({ type }) => type === 'payment.succeeded')
    .map(({ body }) => JSON.stringify(body['data']));
  expect(new Set(paid).size).toBe(paid.length);
  expect(paid).toHaveLength(finalized.filter(({ amount_due }) => amount_due > 0).length);
  expect(events.filter(({ type }) => type === 'subscription.renewed')).toHaveLength(periods.length);
  expect(events.filter(({ type }) => type === 'subscription.created')).toHaveLength(1);
  const times = events.map(({ body }) => body['created_at'] as string);
  expect(times).toEqual([...times].sort());
}
