import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeStripe } from '../../src/modules/billing/providers/fake-stripe.fixtures.ts';
import { createStripeProvider } from '../../src/modules/billing/providers/stripe.ts';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, dataOf } from '../support/billing.ts';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

const stripe = await new FakeStripe().start();
afterAll(() => stripe.stop());

eachDatabase((database) => {
  const clock = { now: () => server.clock.now() };
  const server = useServer(database, {
    paymentProvider: createStripeProvider({
      ...{ secretKey: stripe.secretKey, webhookSecret: stripe.webhookSecret, apiBase: stripe.baseUrl },
      ...{ clock, timeoutMs: 200, returnUrl: 'https://vendor.example.com/paid' },
    }),
  });

  /** What Stripe sends, as it sends it. */
  const notify = (event: object, secret?: string) => {
    const { body, signature } = stripe.signed(event, server.clock.now(), secret);
    return fetch(`${server.baseUrl}/payments/notices`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature },
      body,
    });
  };

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let billing: BillingCalls;
    beforeEach(async () => {
      stripe.now = () => server.clock.now();
      vendor = await createVendor(server, {
        ...{ is_unsubscribed: true, plan_code: 'starter' },
        ...{ rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 },
      });
      billing = billingOf(door, () => vendor);
      // It had its trial, so that the first period is paid at once.
      await server.platform.uow.runInternal(async (tx) => {
        const profile = await tx.billingProfiles.findForUpdate(vendor.account_id);
        await tx.billingProfiles.replace({ ...profile, trial_used_at: 1 });
      });
    });
    const subscribe = (method: string) =>
      billing.subscribe({
        plan_code: 'starter',
        interval: 'month',
        payment_method: unique(method).replaceAll('-', '_'),
      });
    const status = async () => (await dataOf(billing.subscription())).status;
    const newestInvoice = async () => {
      const [invoice] = await dataOf(billing.invoices());
      return dataOf(billing.invoice({ invoiceId: invoice?.id }));
    };
    const takenOfAccount = () => {
      const { account_id } = vendor;
      return stripe.intents
        .filter((intent) => intent.metadata['account_id'] === account_id && intent.status === 'succeeded')
        .map(({ amount }) => amount);
    };
    const eventTypes = async () => (await sideEffects(server, vendor)).events.map(({ type }) => type);
    /** A job comes round, as it does every minute. */
    const pass = async (ms: number) => {
      server.clock.advance(ms);
      await server.platform.jobs.runDue();
    };

    it('a subscription is paid by the card that its token stands for, and renewed by the same', async () => {
      expect((await subscribe('pm_ok')).data).toMatchObject({ status: 'active' });
      const { current_period_end } = await dataOf(billing.subscription());
      server.clock.set(Date.parse(current_period_end ?? ''));
      await pass(minuteMs);
      expect(takenOfAccount()).toEqual([2900, 2900]);
      expect(await eventTypes()).toEqual([
        ...['subscription.created', 'payment.succeeded', 'payment.succeeded', 'subscription.renewed'],
      ]);
    });

    it('nothing of the server knows a card, and no row, event or log line holds a secret of Stripe', async () => {
      await subscribe('pm_ok');
      const text = JSON.stringify([await allRows(server), server.logLines, await dataOf(billing.methods())]);
      expect(text).not.toContain(stripe.secretKey);
      expect(text).not.toContain(stripe.webhookSecret);
      expect(text).not.toMatch(/\b4242424242424242\b|\bcvc\b/);
    });

    it('a declined card says why, and another one left on the page of Stripe pays', async () => {
      const { error } = await subscribe('pm_insufficient');
      expect(error).toMatchObject({
        code: 'PAYMENT_REQUIRED',
        details: { reason: 'declined', failure_code: 'insufficient_funds' },
      });
      const page = await dataOf(billing.addMethod({ return_url: 'https://vendor.example.com/billing' }));
      expect(page).toEqual({
        payment_method: null,
        set_up_url: expect.stringMatching(/^https:\/\/pay\.example/),
      });
      const customer = page.set_up_url?.split('/').at(-1) ?? '';
      stripe.leaveMethod(customer, unique('pm_ok').replaceAll('-', '_'));
      const event = stripe.events.at(-1) ?? {};
      for (const response of [await notify(event), await notify(event)]) expect(response.status).toBe(200);
      await server.platform.jobs.runDue();
      expect(await status()).toBe('active');
      expect(takenOfAccount()).toEqual([2900]);
      expect(await dataOf(billing.methods())).toHaveLength(2);
    });

    it('a payment that a bank wants confirmed counts when its notice comes, however often and late', async () => {
      const { error } = await subscribe('pm_authenticate');
      expect(error).toMatchObject({
        code: 'PAYMENT_REQUIRED',
        details: { reason: 'requires_action', url: expect.stringContaining('bank.example.com') },
      });
      const intent = stripe.intents.at(-1);
      if (!intent) throw new Error('No payment.');
      stripe.complete(intent);
      const event = stripe.events.at(-1) ?? {};
      await Promise.all([notify(event), notify(event), notify(event)]);
      await notify({ ...event, type: 'payment_intent.requires_action', id: 'evt_late' });
      expect(await status()).toBe('active');
      expect((await eventTypes()).filter((type) => type === 'payment.succeeded')).toHaveLength(1);
    });

    it('a notice of a failure that comes after the success changes nothing', async () => {
      await subscribe('pm_ok');
      const intent = stripe.intents.at(-1);
      await notify({
        ...{ id: 'evt_wrong', object: 'event', type: 'payment_intent.payment_failed' },
        data: { object: { ...intent, status: 'requires_payment_method' } },
      });
      expect(await status()).toBe('active');
      expect(await eventTypes()).not.toContain('payment.failed');
    });

    it('a notice that Stripe has not signed is refused, and one about a payment that is not ours is heard', async () => {
      const event = { id: 'evt_x', object: 'event', type: 'payment_intent.succeeded' };
      const forged = await notify({ ...event, data: { object: {} } }, 'whsec_another');
      expect([forged.status, await forged.json()]).toMatchObject([
        400,
        { error: { code: 'VALIDATION_ERROR' } },
      ]);
      const foreign = { id: 'pi_foreign', object: 'payment_intent', metadata: { payment_id: 'pay_none' } };
      expect((await notify({ ...event, data: { object: foreign } })).status).toBe(200);
    });

    describe('no answer', () => {
      it('after the money moved is no failure: it is found when it is looked for', async () => {
        stripe.next('POST /v1/payment_intents', 'silence_after', vendor.account_id);
        const { error } = await subscribe('pm_ok');
        expect(error).toMatchObject({ code: 'PAYMENT_REQUIRED', details: { reason: 'payment_pending' } });
        expect((await newestInvoice()).payments).toMatchObject([{ status: 'unknown' }]);
        await pass(5 * minuteMs);
        expect(await status()).toBe('active');
        expect(takenOfAccount()).toEqual([2900]);
      });

      it('to a renewal that never arrived is looked for three times, then asked for once more under its key', async () => {
        await subscribe('pm_ok');
        const { current_period_end } = await dataOf(billing.subscription());
        const due = Date.parse(current_period_end ?? '');
        server.clock.set(due);
        stripe.next('POST /v1/payment_intents', 'silence_before', vendor.account_id);
        await server.platform.jobs.runDue();
        expect(await status()).toBe('active');
        const [payment] = (await newestInvoice()).payments;
        const charges = () =>
          stripe.requests.filter((line) => line === `POST /v1/payment_intents ${payment?.id}`);
        for (const at of [5 * minuteMs, 60 * minuteMs, dayMs]) {
          server.clock.set(due + at);
          await pass(minuteMs);
          expect(takenOfAccount()).toEqual([2900]);
        }
        expect(charges()).toHaveLength(1);
        await pass(dayMs);
        expect(takenOfAccount()).toEqual([2900, 2900]);
        expect(charges()).toHaveLength(2);
      });

      it('to a renewal leaves no room for an upgrade: what may not be paid cannot be credited', async () => {
        await subscribe('pm_ok');
        const { current_period_end } = await dataOf(billing.subscription());
        server.clock.set(Date.parse(current_period_end ?? ''));
        stripe.next('POST /v1/payment_intents', 'silence_before', vendor.account_id);
        await server.platform.jobs.runDue();
        expect(await status()).toBe('active');
        const { error } = await billing.upgrade({ plan_code: 'growth', dry_run: true });
        expect(error).toMatchObject({ code: 'PAYMENT_REQUIRED', details: { reason: 'invoice_open' } });
      });

      it('from a provider that the operator has left keeps nothing else of the account from happening', async () => {
        await subscribe('pm_ok');
        const { current_period_end } = await dataOf(billing.subscription());
        server.clock.set(Date.parse(current_period_end ?? ''));
        stripe.next('POST /v1/payment_intents', 'silence_before', vendor.account_id);
        await server.platform.jobs.runDue();
        const { account_id } = vendor;
        await server.platform
          .database('payments')
          .where({ account_id, status: 'unknown' })
          .update({ provider: 'manual' });
        await pass(5 * minuteMs);
        expect((await newestInvoice()).payments[0]).toMatchObject({ status: 'unknown' });
        const jobs = await server.platform
          .database('jobs')
          .where({ kind: 'billing.account', key: account_id });
        expect(jobs).toEqual([]);
      });

      it('to an upgrade leaves the plan as it is until the money is found, and then changes it', async () => {
        await subscribe('pm_ok');
        stripe.next('POST /v1/payment_intents', 'silence_after', vendor.account_id);
        const { error } = await billing.upgrade({ plan_code: 'growth' });
        expect(error).toMatchObject({ details: { reason: 'payment_pending' } });
        expect((await dataOf(billing.subscription())).plan_code).toBe('starter');
        await pass(5 * minuteMs);
        expect((await dataOf(billing.subscription())).plan_code).toBe('growth');
        expect(takenOfAccount()).toHaveLength(2);
      });

      it('to an upgrade whose period has ended meanwhile gives the money back as credit', async () => {
        await subscribe('pm_authenticate');
        const first = stripe.intents.at(-1);
        if (first) stripe.complete(first);
        await notify(stripe.events.at(-1) ?? {});
        await dataOf(billing.addMethod({ token: unique('pm_authenticate').replaceAll('-', '_') }));
        await billing.upgrade({ plan_code: 'growth' });
        const upgrade = stripe.intents.at(-1);
        if (!upgrade) throw new Error('No payment.');
        await dataOf(billing.cancel({ at: 'now' }));
        server.clock.advance(minuteMs);
        stripe.complete(upgrade);
        await notify(stripe.events.at(-1) ?? {});
        expect((await dataOf(billing.subscription())).plan_code).toBe('starter');
        const profile = await server.platform.uow.read.billingProfiles.find(vendor.account_id);
        expect(profile.credit_balance).toBe(upgrade.amount);
        // And the next invoice is paid out of it first.
        await dataOf(billing.addMethod({ token: unique('pm_ok').replaceAll('-', '_') }));
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        const invoice = await newestInvoice();
        expect(invoice).toMatchObject({ status: 'paid', credit_applied: 2900, amount_due: 0, payments: [] });
      });
    });

    it('another account’s invoices, payments and methods are not there', async () => {
      await subscribe('pm_ok');
      const invoice = await newestInvoice();
      const [method] = await dataOf(billing.methods());
      const stranger = billingOf(door, () => other);
      const other = await createVendor(server);
      for (const answer of [
        await stranger.invoice({ invoiceId: invoice.id }),
        await stranger.pdf({ invoiceId: invoice.id }),
        await stranger.pay({ invoiceId: invoice.id }),
        await stranger.removeMethod({ paymentMethodId: method?.id }),
      ]) {
        expect(answer.status).toBe(404);
      }
    });
  });
});
