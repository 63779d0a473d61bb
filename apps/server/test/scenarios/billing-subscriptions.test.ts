import { beforeEach, describe, expect, it } from 'vitest';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import type { Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

const start = '2026-11-01T00:00:00.000Z';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let billing: BillingCalls;
    beforeEach(async () => {
      vendor = await createTestVendor(server, start);
      billing = billingOf(door, () => vendor);
    });
    const eventTypes = async () => (await sideEffects(server, vendor)).events.map(({ type }) => type);
    const open = async () => (await dataOf(billing.invoices({ status: 'open' }))).map(({ id }) => id);
    /** Subscribed and paid, the trial over. */
    const subscribed = async (plan_code = 'starter', interval = 'month') => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe({ plan_code, interval }));
      const { trial_end } = await dataOf(billing.subscription());
      await dataOf(billing.advance({ to: trial_end }));
      return dataOf(billing.subscription());
    };

    describe('subscribing', () => {
      it('begins with the trial of the plan, once for an account', async () => {
        const { data, status } = await billing.subscribe({ plan_code: 'starter', interval: 'month' });
        expect(status).toBe(door.name === 'rest' ? 201 : 200);
        expect(data).toMatchObject({
          ...{ plan_code: 'starter', status: 'trialing', price: 2900, currency: 'USD' },
          ...{ current_period_start: start, current_period_end: '2026-11-15T00:00:00.000Z' },
        });
        expect(await eventTypes()).toEqual(['subscription.created']);
        expect(await dataOf(billing.invoices())).toEqual([]);
        await dataOf(billing.cancel({ at: 'now' }));
        const again = await billing.subscribe({ plan_code: 'growth', interval: 'month' });
        expect(again.error).toMatchObject({
          code: 'PAYMENT_REQUIRED',
          details: { reason: 'no_payment_method' },
        });
      });

      it('is paid at the end of the trial, and renewed a month after that', async () => {
        expect(await subscribed()).toMatchObject({
          ...{ status: 'active', current_period_start: '2026-11-15T00:00:00.000Z' },
          current_period_end: '2026-12-15T00:00:00.000Z',
        });
        await dataOf(billing.advance({ to: '2026-12-15T00:00:00.000Z' }));
        const invoices = await dataOf(billing.invoices({ sort: 'created_at' }));
        expect(invoices).toMatchObject([
          { number: 'TEST-INV-2026-000001', status: 'paid', total: 2900, amount_paid: 2900 },
          { number: 'TEST-INV-2026-000002', status: 'paid', total: 2900, amount_paid: 2900 },
        ]);
        expect(await eventTypes()).toEqual([
          'subscription.created',
          ...['payment.succeeded', 'subscription.renewed', 'payment.succeeded', 'subscription.renewed'],
        ]);
      });

      it('that is declined stays incomplete for 23 hours, in which another method pays it', async () => {
        await dataOf(billing.addMethod({ token: 'test_ok' }));
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        await dataOf(billing.cancel({ at: 'now' }));
        await dataOf(billing.addMethod({ token: 'test_declined' }));
        const declined = await billing.subscribe({ plan_code: 'starter', interval: 'month' });
        expect(declined.error).toMatchObject({
          code: 'PAYMENT_REQUIRED',
          details: { reason: 'declined', failure_code: 'card_declined' },
        });
        expect(await dataOf(billing.subscription())).toMatchObject({ status: 'incomplete' });
        const [invoiceId] = await open();
        await dataOf(billing.addMethod({ token: 'test_ok' }));
        await server.platform.jobs.runDue();
        expect(await dataOf(billing.subscription())).toMatchObject({
          status: 'active',
          open_invoice_id: null,
        });
        expect(await dataOf(billing.invoice({ invoiceId }))).toMatchObject({ status: 'paid' });
      });

      it('that is not paid in 23 hours expires, and owes nothing', async () => {
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        await dataOf(billing.cancel({ at: 'now' }));
        await billing.subscribe({ plan_code: 'starter', interval: 'month' });
        await dataOf(billing.advance({ to: '2026-11-01T22:59:59.000Z' }));
        expect(await dataOf(billing.subscription())).toMatchObject({ status: 'incomplete' });
        await dataOf(billing.advance({ to: '2026-11-01T23:00:00.000Z' }));
        expect(await dataOf(billing.subscription())).toMatchObject({ status: 'incomplete_expired' });
        expect(await dataOf(billing.invoices())).toMatchObject([{ status: 'void' }]);
      });

      it('refuses what does not fit', async () => {
        const refusal = async (input: Record<string, unknown>) => {
          const { error } = await billing.subscribe(input);
          return [error?.code, (error?.details as { reason?: string } | undefined)?.reason];
        };
        expect(await refusal({ plan_code: 'nothing', interval: 'month' })).toEqual([
          'RESOURCE_NOT_FOUND',
          undefined,
        ]);
        expect(await refusal({ plan_code: 'enterprise', interval: 'month' })).toEqual([
          'CONFLICT',
          'no_contract',
        ]);
        expect((await refusal({ plan_code: 'starter', interval: 'week' }))[0]).toBe('VALIDATION_ERROR');
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        expect(await refusal({ plan_code: 'growth', interval: 'month' })).toEqual([
          'CONFLICT',
          'already_subscribed',
        ]);
      });
    });

    describe('an upgrade', () => {
      it('is charged as it was quoted, then made', async () => {
        await subscribed();
        await dataOf(billing.advance({ to: '2026-11-30T00:00:00.000Z' }));
        const { quote } = await dataOf(billing.upgrade({ plan_code: 'growth', dry_run: true }));
        expect(quote).toMatchObject({
          lines: [
            { kind: 'proration_credit', amount: -1450, plan_code: 'starter' },
            { kind: 'proration_charge', amount: 7450, plan_code: 'growth' },
          ],
          ...{ total: 6000, amount_due: 6000 },
        });
        expect(await dataOf(billing.subscription())).toMatchObject({ plan_code: 'starter' });
        await dataOf(billing.advance({ to: '2026-11-30T00:10:00.000Z' }));
        const { proration_date } = quote;
        const upgraded = await dataOf(billing.upgrade({ plan_code: 'growth', proration_date }));
        expect(upgraded.subscription).toMatchObject({
          ...{ plan_code: 'growth', price: 14_900, current_period_end: '2026-12-15T00:00:00.000Z' },
        });
        const invoiceId = upgraded.invoice_id;
        expect(await dataOf(billing.invoice({ invoiceId }))).toMatchObject({
          ...{ kind: 'subscription_update', status: 'paid', total: 6000, number: 'TEST-INV-2026-000002' },
        });
        expect((await eventTypes()).slice(-2)).toEqual(['payment.succeeded', 'subscription.updated']);
      });

      it('by a quote that is older than ten minutes is refused', async () => {
        await subscribed();
        const { quote } = await dataOf(billing.upgrade({ plan_code: 'growth', dry_run: true }));
        await dataOf(billing.advance({ to: '2026-11-15T00:10:00.001Z' }));
        const { error } = await billing.upgrade({
          plan_code: 'growth',
          proration_date: quote.proration_date,
        });
        expect(error).toMatchObject({ code: 'CONFLICT', details: { reason: 'quote_expired' } });
      });

      it('that is declined changes nothing, and leaves no open invoice', async () => {
        await subscribed();
        const before = await dataOf(billing.subscription());
        await dataOf(billing.addMethod({ token: 'test_declined' }));
        const { error } = await billing.upgrade({ plan_code: 'growth' });
        expect(error).toMatchObject({ code: 'PAYMENT_REQUIRED', details: { reason: 'declined' } });
        expect(await dataOf(billing.subscription())).toEqual(before);
        expect(await open()).toEqual([]);
        expect(await dataOf(billing.invoices({ status: 'draft' }))).toEqual([]);
        expect((await eventTypes()).at(-1)).toBe('payment.failed');
      });

      it('from months to years begins a new year, and credits what is left of the month', async () => {
        await subscribed();
        await dataOf(billing.advance({ to: '2026-11-30T00:00:00.000Z' }));
        const { subscription, quote } = await dataOf(
          billing.upgrade({ plan_code: 'starter', interval: 'year' }),
        );
        expect(quote.lines.map(({ amount }) => amount)).toEqual([-1450, 29_000]);
        expect(subscription).toMatchObject({
          ...{ interval: 'year', current_period_start: '2026-11-30T00:00:00.000Z' },
          current_period_end: '2027-11-30T00:00:00.000Z',
        });
      });

      it('that begins a new period closes the usage of the old one, under the plan of then', async () => {
        await subscribed();
        await dataOf(billing.advance({ to: '2026-11-30T00:00:00.000Z' }));
        await dataOf(billing.upgrade({ plan_code: 'growth', interval: 'year' }));
        const [closed] = await dataOf(billing.usageHistory());
        expect(closed).toMatchObject({
          ...{
            plan_code: 'starter',
            period: { start: '2026-11-15T00:00:00.000Z', end: '2026-11-30T00:00:00.000Z' },
          },
        });
        expect(await dataOf(billing.usage())).toMatchObject({
          ...{
            plan_code: 'growth',
            period: { start: '2026-11-30T00:00:00.000Z', end: '2026-12-30T00:00:00.000Z' },
          },
        });
      });

      it('during a trial costs nothing and keeps its end', async () => {
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        const { subscription, invoice_id } = await dataOf(billing.upgrade({ plan_code: 'growth' }));
        expect(subscription).toMatchObject({
          status: 'trialing',
          plan_code: 'growth',
          trial_end: '2026-11-15T00:00:00.000Z',
        });
        expect(invoice_id).toBeNull();
      });

      it('that is no upgrade is refused', async () => {
        await subscribed('growth');
        expect((await billing.upgrade({ plan_code: 'starter' })).error?.code).toBe('VALIDATION_ERROR');
        expect((await billing.upgrade({ plan_code: 'growth' })).error?.details).toEqual({
          reason: 'same_plan',
        });
        expect((await billing.upgrade({ plan_code: 'none' })).error?.code).toBe('RESOURCE_NOT_FOUND');
      });
    });

    describe('a downgrade', () => {
      it('waits for the end of the period, moves no money, and the later one counts', async () => {
        await subscribed('growth', 'year');
        const { subscription } = await dataOf(billing.downgrade({ plan_code: 'starter' }));
        const effective_at = '2027-11-15T00:00:00.000Z';
        expect(subscription.pending_change).toEqual({ plan_code: 'starter', interval: 'year', effective_at });
        const later = await dataOf(billing.downgrade({ plan_code: 'starter', interval: 'month' }));
        expect(later.subscription.pending_change).toEqual({
          plan_code: 'starter',
          interval: 'month',
          effective_at,
        });
        expect(later.subscription.plan_code).toBe('growth');
        const invoices = await dataOf(billing.invoices());
        expect(invoices).toHaveLength(1);
        await dataOf(billing.advance({ to: effective_at }));
        expect(await dataOf(billing.subscription())).toMatchObject({
          ...{ plan_code: 'starter', interval: 'month', price: 2900, pending_change: null },
          current_period_end: '2027-12-15T00:00:00.000Z',
        });
        expect(await eventTypes()).toContain('subscription.updated');
      });

      it('is dropped by an upgrade, and by resume', async () => {
        await subscribed('starter', 'year');
        await dataOf(billing.downgrade({ plan_code: 'starter', interval: 'month' }));
        const { subscription } = await dataOf(billing.upgrade({ plan_code: 'growth' }));
        expect(subscription.pending_change).toBeNull();
        await dataOf(billing.downgrade({ plan_code: 'starter' }));
        expect((await dataOf(billing.resume())).pending_change).toBeNull();
      });

      it('says where use is above the new limits', async () => {
        await subscribed('growth');
        for (let made = 0; made < 4; made += 1) await vendor.product();
        const { exceeds } = await dataOf(billing.downgrade({ plan_code: 'starter' }));
        expect(exceeds).toEqual([{ metric: 'products', used: 4, limit: 3 }]);
      });
    });

    describe('canceling', () => {
      it('takes effect at the end of the period, can be repeated, and can be taken back', async () => {
        await subscribed();
        const canceled = await dataOf(billing.cancel());
        expect(canceled).toMatchObject({ status: 'active', cancel_at_period_end: true });
        expect(await dataOf(billing.cancel())).toEqual(canceled);
        expect(await dataOf(billing.resume())).toMatchObject({
          cancel_at_period_end: false,
          canceled_at: null,
        });
        await dataOf(billing.cancel());
        await dataOf(billing.advance({ to: '2026-12-15T00:00:00.000Z' }));
        expect(await dataOf(billing.subscription())).toMatchObject({ status: 'canceled' });
        expect((await eventTypes()).filter((type) => type === 'subscription.canceled')).toHaveLength(1);
        expect(await dataOf(billing.invoices())).toHaveLength(1);
        expect((await billing.resume()).error?.code).toBe('SUBSCRIPTION_INACTIVE');
      });
    });

    describe('a renewal that is declined', () => {
      it('is tried on days 0, 1, 3, 7 and 14, is unpaid then, and canceled on day 30', async () => {
        await subscribed();
        await dataOf(billing.addMethod({ token: 'test_declined' }));
        const day = (count: number) =>
          new Date(Date.parse('2026-12-15T00:00:00Z') + count * 86_400_000).toISOString();
        const attempts: number[] = [];
        const statuses: string[] = [];
        for (const count of [0, 1, 3, 7, 13, 14, 29, 30]) {
          await dataOf(billing.advance({ to: day(count) }));
          const [invoice] = await dataOf(billing.invoices());
          attempts.push(invoice?.payment_attempts ?? 0);
          statuses.push((await dataOf(billing.subscription())).status);
        }
        expect(attempts).toEqual([1, 2, 3, 4, 4, 5, 5, 5]);
        expect(statuses).toEqual([
          ...['past_due', 'past_due', 'past_due', 'past_due', 'past_due'],
          ...['unpaid', 'unpaid', 'canceled'],
        ]);
        expect((await dataOf(billing.invoices()))[0]).toMatchObject({ status: 'uncollectible' });
      });

      it('for good is not tried again with the same method, and at once with a new one', async () => {
        await subscribed();
        await dataOf(billing.addMethod({ token: 'test_declined_hard' }));
        await dataOf(billing.advance({ to: '2026-12-20T00:00:00.000Z' }));
        expect((await dataOf(billing.invoices()))[0]).toMatchObject({
          payment_attempts: 1,
          next_payment_attempt_at: null,
        });
        await dataOf(billing.addMethod({ token: 'test_ok' }));
        await server.platform.jobs.runDue();
        expect((await dataOf(billing.invoices()))[0]).toMatchObject({ status: 'paid', payment_attempts: 2 });
        expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active' });
      });
    });

    describe('a payment', () => {
      it('of which nobody hears is looked at again, and counts once', async () => {
        await subscribed();
        await dataOf(billing.addMethod({ token: 'test_timeout' }));
        await dataOf(billing.advance({ to: '2026-12-15T00:00:00.000Z' }));
        const [invoice] = await dataOf(billing.invoices());
        expect(invoice).toMatchObject({ status: 'open' });
        expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active' });
        await dataOf(billing.advance({ to: '2026-12-15T00:05:00.000Z' }));
        const { payments, status } = await dataOf(billing.invoice({ invoiceId: invoice?.id }));
        expect([status, payments.map((payment) => payment.status)]).toEqual(['paid', ['succeeded']]);
      });

      it('that waits for its payer is told with the reason, and counts when it is confirmed', async () => {
        await subscribed();
        await dataOf(billing.addMethod({ token: 'test_requires_action' }));
        const { error } = await billing.upgrade({ plan_code: 'growth' });
        expect(error).toMatchObject({ code: 'PAYMENT_REQUIRED', details: { reason: 'requires_action' } });
        expect(await dataOf(billing.subscription())).toMatchObject({ plan_code: 'starter' });
        await dataOf(billing.advance({ to: '2026-11-15T00:05:00.000Z' }));
        expect(await dataOf(billing.subscription())).toMatchObject({ plan_code: 'growth' });
      });
    });
  });
});
