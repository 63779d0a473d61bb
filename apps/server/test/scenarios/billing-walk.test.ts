import type { Invoice } from '@thrivetech/contracts';
import { expect, it } from 'vitest';
import { simulatedProvider } from '../../src/modules/billing/index.ts';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import { Ledger, type LedgerLine } from '../support/billing-ledger.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { type SideEffects, sideEffects } from '../support/side-effects.ts';
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

    /** The next renewal is refused this often, then paid by another method. */
    const refusedUntil = async (time: string, attempts: number) => {
      await paysWith(billing, 'test_declined');
      await to(time);
      expect(await dataOf(billing.subscription())).toMatchObject({ status: 'past_due' });
      const [refused] = await dataOf(billing.invoices({ status: 'open' }));
      expect(refused).toMatchObject({ payment_attempts: attempts });
      await paysWith(billing, 'test_ok');
      expect(await dataOf(billing.invoice({ invoiceId: refused?.id }))).toMatchObject({
        ...{ status: 'paid', payment_attempts: attempts + 1 },
      });
      expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active' });
    };

    // February is short, and March is long again.
    await to('2027-03-01T00:00:00.000Z');
    await to('2027-03-31T00:00:00.000Z');
    await upgrade('2027-04-11T06:30:07.000Z', 'growth');
    // A renewal is refused, and paid by another method the day after, when it was tried again.
    await refusedUntil('2027-05-01T00:00:00.000Z', 2);
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
    // Refused for three days, and for seven.
    await refusedUntil('2029-04-10T23:59:59.000Z', 3);
    await refusedUntil('2029-05-14T23:59:59.000Z', 4);
    // A renewal counts as refused until its payer confirms it.
    await paysWith(billing, 'test_requires_action');
    await to('2029-06-08T00:00:00.000Z');
    expect(await dataOf(billing.subscription())).toMatchObject({ status: 'past_due' });
    await to('2029-06-08T00:04:59.000Z');
    expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active' });
    // An upgrade that is confirmed when its period is over is not made: its money pays the renewals that follow.
    await to('2029-10-07T23:58:00.000Z');
    expect((await billing.upgrade({ plan_code: 'growth', interval: 'year' })).error?.code).toBe(
      'PAYMENT_REQUIRED',
    );
    await to('2029-10-08T00:10:00.000Z');
    await paysWith(billing, 'test_ok');
    await to('2030-01-31T00:00:00.000Z');

    const invoices = await allInvoices(billing);
    expect(linesOf(invoices)).toEqual(sorted(ledger.lines));
    const billed = sum(ledger.lines.map(({ amount }) => amount));
    expect(
      sum(invoices.flatMap((one) => (one.status === 'paid' ? [one.amount_paid, one.credit_applied] : []))),
    ).toBe(billed);
    expect(
      invoices.filter(({ credit_applied }) => credit_applied > 0).map((one) => one.credit_applied),
    ).toEqual(Array(3).fill(14_900));
    await expectSound(server, vendor, invoices);
    const { events } = await sideEffects(server, vendor);
    expect(events.filter(({ type }) => type === 'subscription.updated')).toHaveLength(ledger.changes);
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
    expect(invoices.map(({ number }) => number)).toEqual(
      [1, 2, 3, 4].map((serial) => `INV-2029-00000${serial}`),
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

  it('what is owed after a downtime is charged in the order of its periods', async () => {
    server.clock.set(Date.parse('2031-01-01T00:00:00.000Z'));
    const vendor = await createVendor(server, { is_unsubscribed: true, plan_code: 'starter' });
    const billing = callsOf(() => vendor);
    await dataOf(billing.addMethod({ token: 'test_ok' }));
    await dataOf(billing.subscribe(starter));
    server.clock.set(Date.parse('2031-12-20T00:00:00.000Z'));
    await server.platform.jobs.runDue();
    const invoices = await allInvoices(billing);
    const numbers = invoices.map(({ number }) => number);
    expect([numbers.length, numbers]).toEqual([12, [...numbers].sort()]);
    const { events } = await sideEffects(server, vendor);
    const charged = events.flatMap(({ type, body }) =>
      type === 'payment.succeeded' ? [(body['data'] as { invoice_id: string }).invoice_id] : [],
    );
    expect(charged).toEqual(invoices.map(({ id }) => id));
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
  const db = server.platform.database;
  const series: { series: string; sequence: number }[] = await db('invoices')
    .whereNotNull('number')
    .orderBy('sequence');
  for (const ofYear of Map.groupBy(series, (row) => row.series).values()) {
    expect(ofYear.map(({ sequence }) => sequence)).toEqual(ofYear.map((_, index) => index + 1));
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
  const told = (type: string) =>
    events.filter((event) => event.type === type).map(({ body }) => body['data'] as Record<string, unknown>);
  for (const type of ['payment.succeeded', 'payment.failed']) {
    const ids = told(type).map(({ payment_id }) => payment_id);
    expect(new Set(ids).size).toBe(ids.length);
  }
  const paidBy = (id: string) => told('payment.succeeded').filter(({ invoice_id }) => invoice_id === id);
  for (const { id, amount_due } of finalized)
    expect(paidBy(id).map(({ amount }) => amount)).toEqual(amount_due > 0 ? [amount_due] : []);
  // What came in has paid an invoice, or was owed and has paid a later one, or is owed still.
  const { credit_balance } = await server.platform.uow.read.billingProfiles.find(vendor.account_id);
  const spent = sum(finalized.flatMap((one) => [one.amount_paid, one.credit_applied]));
  expect(sum(told('payment.succeeded').map(({ amount }) => Number(amount)))).toBe(spent + credit_balance);
  expectRenewalsPaid(events, invoices);
  expect(events.filter(({ type }) => type === 'subscription.created')).toHaveLength(1);
  const times = events.map(({ body }) => body['created_at'] as string);
  expect(times).toEqual([...times].sort());
}

/** A period is told to be renewed right after its money came, and never without. */
function expectRenewalsPaid(events: SideEffects['events'], invoices: Invoice[]): void {
  const cycles = invoices.filter(({ kind, status }) => kind === 'subscription_cycle' && status === 'paid');
  const renewals = events.flatMap(({ type, body }, index) =>
    type === 'subscription.renewed' ? [{ at: body['created_at'], before: events[index - 1] }] : [],
  );
  expect(renewals.map(({ at }) => at)).toEqual(cycles.map(({ paid_at }) => paid_at).sort());
  for (const { id, amount_due, paid_at } of cycles) {
    // One that credit has paid comes without a payment.
    if (amount_due === 0) continue;
    const ofInvoice = renewals.filter(
      ({ before }) =>
        before?.type === 'payment.succeeded' &&
        (before.body['data'] as { invoice_id?: string }).invoice_id === id,
    );
    expect(ofInvoice.map(({ at }) => at)).toEqual([paid_at]);
  }
}
