import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, dataOf } from '../support/billing.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { countingProvider } from '../support/counting-provider.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { startServer } from '../support/start-server.ts';
import { countRows } from '../support/tables.ts';
import { TestClock, type TestServer, useServer } from '../support/test-server.ts';

const starter = { plan_code: 'starter', interval: 'month' };
const times = <Answer>(count: number, ask: (n: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, n) => ask(n)));

/** An account that has to pay from the first day on. */
async function newPayer(server: TestServer): Promise<Vendor> {
  const vendor = await createVendor(server, {
    ...{ is_unsubscribed: true, plan_code: 'starter', rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 },
  });
  await server.platform.uow.runInternal(async (tx) => {
    const profile = await tx.billingProfiles.findForUpdate(vendor.account_id);
    await tx.billingProfiles.replace({ ...profile, trial_used_at: 1 });
  });
  return vendor;
}

eachDatabase((database) => {
  const provider = countingProvider();
  const server = useServer(database, { paymentProvider: provider });

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let billing: BillingCalls;
    beforeEach(async () => {
      provider.taken.clear();
      vendor = await newPayer(server);
      billing = billingOf(door, () => vendor);
    });

    it('fifty subscribes at once make one subscription, one invoice and one payment', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      const answers = await times(50, () => billing.subscribe(starter));
      expect(answers.filter(({ success }) => success)).toHaveLength(1);
      expect(new Set(answers.flatMap(({ error }) => (error ? [error.code] : [])))).toEqual(
        new Set(['CONFLICT']),
      );
      const { account_id } = vendor;
      expect(await countRows(server, 'subscriptions', { account_id })).toBe(1);
      expect(await countRows(server, 'invoices', { account_id })).toBe(1);
      expect([...provider.taken.values()]).toEqual([2900]);
    });

    it('fifty trials at once make one', async () => {
      const fresh = await createVendor(server, {
        is_unsubscribed: true,
        rate_per_minute: 10_000,
        plan_code: 'starter',
      });
      const answers = await times(50, () => billingOf(door, () => fresh).subscribe(starter));
      expect(answers.filter(({ success }) => success)).toHaveLength(1);
    });

    it('twenty upgrades at once change the plan once, and are paid once', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
      const answers = await times(20, () => billing.upgrade({ plan_code: 'growth' }));
      expect(answers.filter(({ success }) => success).length).toBeGreaterThan(0);
      for (const { error } of answers)
        if (error) expect(['CONFLICT', 'PAYMENT_REQUIRED']).toContain(error.code);
      expect([...provider.taken.values()]).toHaveLength(2);
      expect((await dataOf(billing.subscription())).plan_code).toBe('growth');
      expect(await dataOf(billing.invoices({ status: 'paid' }))).toHaveLength(2);
    });

    it('twenty payments of one invoice at once move its money once', async () => {
      await billing.subscribe(starter);
      const [open] = await dataOf(billing.invoices({ status: 'open' }));
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      const answers = await times(20, () => billing.pay({ invoiceId: open?.id }));
      for (const { error } of answers) if (error) expect(error.code).toBe('PAYMENT_REQUIRED');
      await server.platform.jobs.runDue();
      expect([...provider.taken.values()]).toEqual([2900]);
      expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active' });
    });

    it('a cancellation at the moment of the renewal ends the subscription or renews it, and never both', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
      const { current_period_end } = await dataOf(billing.subscription());
      server.clock.set(Date.parse(current_period_end ?? ''));
      await Promise.all([billing.cancel({ at: 'now' }), server.platform.jobs.runDue()]);
      await server.platform.jobs.runDue();
      const subscription = await dataOf(billing.subscription());
      expect(subscription.status).toBe('canceled');
      const open = await dataOf(billing.invoices({ status: 'open' }));
      expect(open).toEqual([]);
      const paid = await dataOf(billing.invoices({ status: 'paid' }));
      const ofAccount = server.platform.database('payments').where({ account_id: vendor.account_id });
      const moved = (await ofAccount.pluck('id')).filter((id: string) => provider.taken.has(id));
      // A charge that was under way when the subscription ended has paid its period all the same.
      expect(moved).toHaveLength(paid.length);
    });
  });
});

describe('on two servers that share a PostgreSQL', () => {
  const provider = countingProvider();
  const clock = new TestClock();
  let database: TestDatabase;
  let servers: Awaited<ReturnType<typeof startServer>>[];
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    servers = [
      await startServer(database, clock, { paymentProvider: provider }),
      await startServer(database, clock, { paymentProvider: provider }),
    ];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await database.remove();
  });

  it('twenty accounts whose periods end are each renewed once, whichever server finds them', async () => {
    const [first] = servers;
    if (!first) throw new Error('No server.');
    const door = restDoor(() => first.baseUrl);
    const vendors = await times(20, () => newPayer(first));
    for (const vendor of vendors) {
      const billing = billingOf(door, () => vendor);
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
    }
    clock.advance(32 * dayMs);
    await Promise.all(servers.map((server) => server.platform.jobs.runDue()));
    await Promise.all(servers.map((server) => server.platform.jobs.runDue()));
    for (const vendor of vendors) {
      const invoices = await dataOf(billingOf(door, () => vendor).invoices());
      expect(invoices.map(({ status, amount_paid }) => [status, amount_paid])).toEqual(
        Array(2).fill(['paid', 2900]),
      );
    }
    expect(provider.taken.size).toBe(40);
    const numbers = await first.platform
      .database('invoices')
      .whereNotNull('sequence')
      .orderBy('sequence')
      .pluck('sequence');
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
