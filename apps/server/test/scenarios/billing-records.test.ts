import { type EventType, eventBody } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
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
    let invoiceId = '';
    beforeAll(async () => {
      vendor = await createTestVendor(server, start);
      billing = billingOf(door, () => vendor);
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
      await dataOf(billing.advance({ to: '2026-12-20T00:00:00.000Z' }));
      await dataOf(billing.upgrade({ plan_code: 'growth' }));
      await dataOf(billing.addMethod({ token: 'test_declined' }));
      await dataOf(billing.advance({ to: '2027-01-20T00:00:00.000Z' }));
      await dataOf(billing.cancel({ at: 'now' }));
      const [paid] = await dataOf(billing.invoices({ status: 'paid' }));
      invoiceId = paid?.id ?? '';
    });
    const row = () => server.platform.database('invoices').where({ id: invoiceId });

    describe('a finalized invoice', () => {
      it.each([
        ['its lines', { lines: '[]' }],
        ['its total', { total: 1 }],
        ['what was due', { amount_due: 1 }],
        ['its number', { number: 'INV-2026-999999' }],
        ['who is billed', { buyer: '{}' }],
        ['who bills', { seller: '{}' }],
        ['its currency', { currency: 'EUR' }],
        ['when it was finalized', { finalized_at: null }],
        ['that it is paid', { status: 'open' }],
      ])('does not change in %s, whoever tries', async (_what, change) => {
        const before = await row().first();
        await expect(row().update(change)).rejects.toThrow('a finalized invoice does not change');
        expect(await row().first()).toEqual(before);
      });

      it('is never deleted', async () => {
        await expect(row().delete()).rejects.toThrow();
        expect(await row()).toHaveLength(1);
      });

      it('is a PDF file with its number, through both doors', async () => {
        const { number } = await dataOf(billing.invoice({ invoiceId }));
        const file = await dataOf(billing.pdf({ invoiceId }));
        expect(file.filename).toBe(`${number}.pdf`);
        expect(Buffer.from(file.content, 'base64').subarray(0, 5).toString()).toBe('%PDF-');
      });
    });

    it('every event of billing has the shape of the catalogue, exactly', async () => {
      const { events } = await sideEffects(server, vendor);
      for (const { type, body } of events) expect(eventBody(type as EventType).parse(body)).toEqual(body);
      expect(new Set(events.map(({ type }) => type))).toEqual(
        new Set([
          ...[
            'subscription.created',
            'subscription.updated',
            'subscription.renewed',
            'subscription.canceled',
          ],
          ...['payment.succeeded', 'payment.failed'],
        ]),
      );
    });

    it('the audit log says what the owner did and what came by itself', async () => {
      const { audit } = await sideEffects(server, vendor);
      expect(new Set(audit.map(({ action }) => action))).toEqual(
        new Set([
          ...['payment_method.created', 'subscription.created', 'subscription.period_began'],
          ...['subscription.upgraded', 'subscription.past_due', 'subscription.ended'],
        ]),
      );
    });

    it('repeating a payment under its key moves nothing twice', async () => {
      const other = await createTestVendor(server, start);
      const calls = billingOf(door, () => other);
      const headers = { 'idempotency-key': unique('subscribe') };
      await dataOf(calls.addMethod({ token: 'test_ok' }));
      const input = { plan_code: 'starter', interval: 'month' };
      const first = await calls.subscribe(input, other.admin, headers);
      const second = await calls.subscribe(input, other.admin, headers);
      expect(second.data).toEqual(first.data);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      const changed = await calls.subscribe({ ...input, interval: 'year' }, other.admin, headers);
      expect(changed.error).toMatchObject({
        code: 'CONFLICT',
        details: { reason: 'idempotency_key_reused' },
      });
    });

    it('the rate and the limits of a new plan are in force on the next request', async () => {
      const other = await createVendor(server, {
        is_test: true,
        is_unsubscribed: true,
        plan_code: 'starter',
      });
      const calls = billingOf(door, () => other);
      const perMinute = async () => Number((await calls.usage()).headers.get('x-ratelimit-limit'));
      await dataOf(calls.subscribe({ plan_code: 'starter', interval: 'month' }));
      for (let made = 0; made < 3; made += 1) await other.product();
      await expect(other.product()).rejects.toThrow('PLAN_LIMIT_REACHED');
      expect(await perMinute()).toBe(60);
      await dataOf(calls.upgrade({ plan_code: 'growth' }));
      expect(await perMinute()).toBe(300);
      await other.product();
    });

    it('the clock of an account that is no test account stays where it is', async () => {
      const real = await createVendor(server);
      const { error } = await billingOf(door, () => real).advance({ to: '2030-01-01T00:00:00.000Z' });
      expect(error).toMatchObject({ code: 'CONFLICT', details: { reason: 'not_a_test_account' } });
    });

    it('a test clock goes forward only, at most two years at a time, and takes licenses along', async () => {
      const other = await createTestVendor(server, start);
      const calls = billingOf(door, () => other);
      await dataOf(calls.subscribe({ plan_code: 'starter', interval: 'month' }));
      await other.license({ type: 'timed', expires_at: '2026-11-10T00:00:00.000Z', grace_days: 0 });
      expect((await calls.advance({ to: '2026-10-31T00:00:00.000Z' })).error?.code).toBe('VALIDATION_ERROR');
      expect((await calls.advance({ to: '2028-11-05T00:00:00.000Z' })).error?.code).toBe('VALIDATION_ERROR');
      await dataOf(calls.advance({ to: '2026-11-12T00:00:00.000Z' }));
      const { events } = await sideEffects(server, other);
      const expired = events.filter(({ type }) => type === 'license.expired');
      expect(expired.map(({ body }) => body['created_at'])).toEqual(['2026-11-10T00:00:00.000Z']);
      // Real time passes it by.
      await server.platform.jobs.runDue();
      expect((await sideEffects(server, other)).events).toHaveLength(events.length);
    });
  });
});
