import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
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
      vendor = await newPayer(server);
      billing = billingOf(door, () => vendor);
    });
    /** What the provider took from an account, in order: other accounts of this server go on beside it. */
    const takenFrom = async ({ account_id }: Vendor): Promise<number[]> => {
      const ofAccount = server.platform
        .database('payments')
        .where({ account_id })
        .orderBy(['created_at', 'id']);
      const ids: string[] = await ofAccount.pluck('id');
      return ids.flatMap((id) => provider.taken.get(id) ?? []);
    };

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
      expect(await takenFrom(vendor)).toEqual([2900]);
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

    it('fifty subscribes of a test account at once make one, and its clock moved twenty times at once renews it once', async () => {
      const test = await createTestVendor(server, '2027-01-31T00:00:00.000Z');
      const { account_id } = test;
      await server.platform.uow.runInternal(async (tx) => {
        const profile = await tx.billingProfiles.findForUpdate(account_id);
        await tx.billingProfiles.replace({ ...profile, trial_used_at: 1 });
      });
      const own = billingOf(door, () => test);
      await dataOf(own.addMethod({ token: 'test_ok' }));
      const answers = await times(50, () => own.subscribe(starter));
      expect(answers.filter(({ success }) => success)).toHaveLength(1);
      expect(await countRows(server, 'subscriptions', { account_id })).toBe(1);
      expect(await countRows(server, 'payments', { account_id })).toBe(1);

      const moved = await times(20, (n) =>
        own.advance({ to: n % 2 ? '2027-03-31T00:00:00.000Z' : '2027-02-28T00:00:00.000Z' }),
      );
      for (const { error } of moved) if (error) expect(error.code).toBe('VALIDATION_ERROR');
      const invoices = await dataOf(own.invoices({ sort: 'created_at' }));
      expect(invoices.map(({ status, period_start }) => [status, period_start])).toEqual([
        ['paid', '2027-01-31T00:00:00.000Z'],
        ['paid', '2027-02-28T00:00:00.000Z'],
        ['paid', '2027-03-31T00:00:00.000Z'],
      ]);
      expect(await countRows(server, 'payments', { account_id })).toBe(3);
      expect(await countRows(server, 'events', { account_id, type: 'subscription.renewed' })).toBe(2);
      // Made-up money never meets the provider of real money.
      expect(await takenFrom(test)).toEqual([]);
    });

    it('twenty upgrades at once change the plan once, and are paid once', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
      const answers = await times(20, () => billing.upgrade({ plan_code: 'growth' }));
      expect(answers.filter(({ success }) => success).length).toBeGreaterThan(0);
      for (const { error } of answers)
        if (error) expect(['CONFLICT', 'PAYMENT_REQUIRED']).toContain(error.code);
      expect(await takenFrom(vendor)).toHaveLength(2);
      expect((await dataOf(billing.subscription())).plan_code).toBe('growth');
      expect(await dataOf(billing.invoices({ status: 'paid' }))).toHaveLength(2);
      expect(
        await countRows(server, 'events', { account_id: vendor.account_id, type: 'subscription.updated' }),
      ).toBe(1);
    });

    it('an upgrade at the moment of the renewal is made before or after it, and every period is paid once', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
      const { current_period_end } = await dataOf(billing.subscription());
      server.clock.set(Date.parse(current_period_end ?? ''));
      const [, ...answers] = await Promise.all([
        server.platform.jobs.runDue(),
        ...Array.from({ length: 10 }, () => billing.upgrade({ plan_code: 'growth' })),
      ]);
      for (const { error } of answers)
        if (error) expect(['CONFLICT', 'PAYMENT_REQUIRED']).toContain(error.code);
      await server.platform.jobs.runDue();
      const cycles = (await dataOf(billing.invoices())).filter(({ kind }) => kind === 'subscription_cycle');
      expect(cycles).toMatchObject([{ status: 'paid', period_start: current_period_end }]);
      const paid = await dataOf(billing.invoices({ status: 'paid' }));
      expect((await takenFrom(vendor)).reduce((sum, amount) => sum + amount, 0)).toBe(
        paid.reduce((sum, { amount_paid }) => sum + amount_paid, 0),
      );
    });

    it('a clock that is set back, and comes round again, bills nothing twice', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
      server.clock.advance(32 * dayMs);
      await server.platform.jobs.runDue();
      expect(await takenFrom(vendor)).toEqual([2900, 2900]);
      for (const days of [-33, 33, -2, 2]) {
        server.clock.advance(days * dayMs);
        await server.platform.jobs.runDue();
        expect(await takenFrom(vendor)).toEqual([2900, 2900]);
      }
      expect(await countRows(server, 'invoices', { account_id: vendor.account_id })).toBe(2);
    });

    it.each([
      ['after the end of a period that nobody has renewed yet', 31 * dayMs],
      ['by a clock that is a second behind', -1000],
    ])('an upgrade %s is no error of the server', async (_when, ms) => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
      server.clock.advance(ms);
      const answers = [
        await billing.upgrade({ plan_code: 'growth', dry_run: true }),
        await billing.upgrade({ plan_code: 'growth' }),
      ];
      server.clock.advance(Math.max(0, -ms));
      expect(answers.map(({ error }) => error?.code)).not.toContain('INTERNAL_ERROR');
    });

    it('twenty payments of one invoice at once move its money once', async () => {
      await billing.subscribe(starter);
      const [open] = await dataOf(billing.invoices({ status: 'open' }));
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      const answers = await times(20, () => billing.pay({ invoiceId: open?.id }));
      for (const { error } of answers) if (error) expect(error.code).toBe('PAYMENT_REQUIRED');
      await server.platform.jobs.runDue();
      expect(await takenFrom(vendor)).toEqual([2900]);
      expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active' });
    });

    it('a cancellation for the end of a period at the moment of its renewal ends it, or the next one, and never takes money for nothing', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.subscribe(starter));
      const { current_period_end } = await dataOf(billing.subscription());
      server.clock.set(Date.parse(current_period_end ?? ''));
      await Promise.all([billing.cancel(), server.platform.jobs.runDue(), billing.cancel()]);
      await server.platform.jobs.runDue();
      const { status, cancel_at_period_end } = await dataOf(billing.subscription());
      const isRenewed = status === 'active';
      expect(cancel_at_period_end).toBe(true);
      if (!isRenewed) expect(status).toBe('canceled');
      expect(await takenFrom(vendor)).toEqual(Array(isRenewed ? 2 : 1).fill(2900));
      expect(await dataOf(billing.invoices({ status: 'paid' }))).toHaveLength(isRenewed ? 2 : 1);
      server.clock.advance(32 * dayMs);
      await server.platform.jobs.runDue();
      expect(await dataOf(billing.subscription())).toMatchObject({ status: 'canceled' });
      expect(await takenFrom(vendor)).toHaveLength(isRenewed ? 2 : 1);
      expect(
        await countRows(server, 'events', { account_id: vendor.account_id, type: 'subscription.canceled' }),
      ).toBe(1);
    });

    it('a cancellation at once at the moment of the renewal ends the subscription, and leaves nothing open', async () => {
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
      // A charge that was under way when the subscription ended has paid its period all the same.
      expect(await takenFrom(vendor)).toHaveLength(paid.length);
    });
  });
});

describe('a provider that stays silent', () => {
  const counting = countingProvider();
  let isSilent = false;
  let asked = 0;
  const unknown = { status: 'unknown' } as const;
  const ask = async <Outcome>(answer: () => Promise<Outcome>) => {
    asked += 1;
    // Who does not stop asking gets an answer in the end, so that this ends.
    return isSilent && asked < 100 ? unknown : answer();
  };
  const server = useServer('sqlite', {
    paymentProvider: {
      ...counting,
      charge: (payment) => ask(() => counting.charge(payment)),
      getPayment: (payment) => ask(() => counting.getPayment(payment)),
    },
  });

  it('is asked now and then, also when a new payment method shall be tried at once, and takes the money once', async () => {
    const vendor = await newPayer(server);
    const billing = billingOf(
      restDoor(() => server.baseUrl),
      () => vendor,
    );
    await dataOf(billing.addMethod({ token: 'test_ok' }));
    await dataOf(billing.subscribe(starter));
    isSilent = true;
    server.clock.advance(32 * dayMs);
    await server.platform.jobs.runDue();
    asked = 0;
    await dataOf(billing.addMethod({ token: 'test_ok' }));
    await server.platform.jobs.runDue();
    expect(asked).toBeLessThan(5);
    isSilent = false;
    for (let day = 0; day < 7; day += 1) {
      server.clock.advance(dayMs);
      await server.platform.jobs.runDue();
    }
    expect([...counting.taken.values()]).toEqual([2900, 2900]);
    expect(await dataOf(billing.subscription())).toMatchObject({ status: 'active', open_invoice_id: null });
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
    for (const { account_id } of vendors)
      expect(await countRows(first, 'events', { account_id, type: 'subscription.renewed' })).toBe(1);
    const numbers = await first.platform
      .database('invoices')
      .whereNotNull('sequence')
      .orderBy('sequence')
      .pluck('sequence');
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });
});
