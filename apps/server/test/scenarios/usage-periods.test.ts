import { createCustomer, type UsageSnapshot } from '@thrivetech/contracts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { snapshotUsage } from '../../src/modules/usage/index.ts';
import { dayMs, hourMs, toTimestamp } from '../../src/platform/clock.ts';
import { createJobRunner, type JobRunner } from '../../src/platform/jobs/job-runner.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { periodStart } from '../../src/platform/periods.ts';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

const of = ({ metrics }: Pick<UsageSnapshot, 'metrics'>, wanted: string) =>
  metrics.find(({ metric }) => metric === wanted)?.used;
const spans = (snapshots: readonly UsageSnapshot[]) =>
  snapshots.map(({ period }) => [period.start, period.end]);

eachDatabase((database) => {
  const server = useServer(database);
  const runners: JobRunner[] = [];
  const failures: string[] = [];
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.stop();
  });
  let vendor: Vendor;
  const comeTo = async (epochMs: number) => {
    server.clock.set(epochMs);
    await server.platform.jobs.runDue();
  };
  const counters = async () => {
    const { account_id } = vendor;
    return server.platform.database('account_counters').where({ account_id }).first();
  };
  /** As if so many calls had been counted. */
  const called = async (api_requests: number, validations: number) => {
    await server.platform.uow.runInternal((tx) =>
      tx.usage.addCalls(vendor.account_id, api_requests, validations),
    );
  };
  /** The month of the account that begins so many after it was made. */
  const month = async (index: number): Promise<number> => {
    const { id, created_at } = await server.platform
      .database('accounts')
      .where({ id: vendor.account_id })
      .first();
    expect(id).toBe(vendor.account_id);
    return periodStart(created_at, 'month', index);
  };
  /** Runners whose jobs are their own, as if each thought that the others are dead: all close periods at once. */
  const closeByFour = async () => {
    const { uow, clock } = server.platform;
    const four = Array.from({ length: 4 }, () =>
      createJobRunner({
        ...{ uow, clock, observer: { began: () => {}, ended: () => {} } },
        log: createLogger('warn', { write: (line) => failures.push(line) }),
        kinds: [{ ...snapshotUsage({ uow, clock }), kind: unique('snapshots') }],
      }),
    );
    runners.push(...four);
    await Promise.all(four.map((runner) => runner.runDue()));
    expect(failures).toEqual([]);
  };

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let billing: BillingCalls;
    const usage = () => dataOf(billing.usage());
    const history = (input = {}) => dataOf(billing.usageHistory(input));
    beforeEach(async () => {
      vendor = await createVendor(server);
      billing = billingOf(door, () => vendor);
    });

    it('the first period of an account is the month since it was made, begun or not', async () => {
      const expected = { start: toTimestamp(await month(0)), end: toTimestamp(await month(1)) };
      expect((await usage()).period).toEqual(expected);
      expect((await counters()).usage_ends_at).toBe(0);
      await comeTo(server.clock.now() + hourMs);
      expect((await counters()).usage_ends_at).toBe(await month(1));
      expect((await usage()).period).toEqual(expected);
      expect(await history()).toEqual([]);
    });

    it('a period closes at its end, not before, as it was then; what is called begins at zero', async () => {
      await comeTo(server.clock.now() + hourMs);
      await vendor.customer();
      await called(40, 30);
      await comeTo((await month(1)) - 1);
      expect(await history()).toEqual([]);

      await comeTo(await month(1));
      await vendor.customer();
      const [snapshot, ...more] = await history();
      expect(more).toEqual([]);
      expect(snapshot).toMatchObject({
        plan_code: 'enterprise',
        period: { start: toTimestamp(await month(0)), end: toTimestamp(await month(1)) },
        created_at: toTimestamp(await month(1)),
      });
      expect(snapshot?.metrics).toEqual([
        ...[
          ['products', 0],
          ['licenses', 0],
          ['customers', 1],
          ['activations', 0],
          ['api_keys', 3],
          ['webhook_endpoints', 0],
        ].map(([metric, used]) => ({ metric, used, limit: null })),
        // Beside the calls that this test makes itself, which are written at some time.
        { metric: 'api_requests', used: expect.any(Number), limit: null },
        { metric: 'validations', used: 30, limit: null },
      ]);
      expect(of(snapshot as UsageSnapshot, 'api_requests')).toBeGreaterThanOrEqual(40);
      const left = await counters();
      expect(left.validations).toBe(0);
      expect(left.api_requests).toBeLessThan(40);
      expect((await usage()).period.end).toBe(toTimestamp(await month(2)));
    });

    it('three periods that ended while no server ran are closed in order, once, by four workers at the same time', async () => {
      await comeTo(server.clock.now() + hourMs);
      await vendor.customer();
      await called(40, 30);
      server.clock.set((await month(3)) + dayMs);
      await closeByFour();
      await closeByFour();
      const months = await Promise.all([0, 1, 2, 3].map(month));
      const [first, second, third, fourth] = months.map(toTimestamp);
      const closed = await history({ sort: 'created_at' });
      expect(spans(closed)).toEqual([
        [first, second],
        [second, third],
        [third, fourth],
      ]);
      expect(closed.map((one) => of(one, 'validations'))).toEqual([30, 0, 0]);
      expect(closed.map((one) => of(one, 'api_requests'))).toEqual([expect.any(Number), 0, 0]);
      expect(closed.map((one) => of(one, 'customers'))).toEqual([1, 1, 1]);
      expect((await usage()).period.start).toBe(fourth);
    });

    it('the history is paged, the newest first', async () => {
      await comeTo(server.clock.now() + hourMs);
      await comeTo(await month(3));
      const newest = await billing.usageHistory({ limit: 2 });
      const rest = await billing.usageHistory({ limit: 2, cursor: newest.pagination?.next_cursor });
      const ends = [...newest.data, ...rest.data].map(({ period }) => period.end);
      const months = await Promise.all([3, 2, 1].map(month));
      expect(ends).toEqual(months.map(toTimestamp));
      expect(rest.pagination?.has_more).toBe(false);
    });

    it('a clock that was set back closes nothing twice', async () => {
      await comeTo(server.clock.now() + hourMs);
      await comeTo(await month(1));
      await comeTo((await month(1)) - 3 * dayMs);
      await comeTo((await month(1)) + hourMs);
      expect(await history()).toHaveLength(1);
      await comeTo(await month(2));
      expect(await history()).toHaveLength(2);
    });

    describe('of a test account', () => {
      const start = '2026-11-01T00:00:00.000Z';
      beforeEach(async () => {
        vendor = await createTestVendor(server, start);
        billing = billingOf(door, () => vendor);
      });

      it('periods close as its own clock is moved, not by the time of the server', async () => {
        await dataOf(billing.addMethod({ token: 'test_ok' }));
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        await comeTo(server.clock.now() + 400 * dayMs);
        expect(await history()).toEqual([]);
        // The trial of 14 days is a period of its own: months are counted from its end.
        expect((await usage()).period).toEqual({ start, end: '2026-11-15T00:00:00.000Z' });
        await called(3, 2);
        await dataOf(billing.advance({ to: '2027-01-20T00:00:00.000Z' }));
        const closed = await history({ sort: 'created_at' });
        expect(spans(closed)).toEqual([
          [start, '2026-11-15T00:00:00.000Z'],
          ['2026-11-15T00:00:00.000Z', '2026-12-15T00:00:00.000Z'],
          ['2026-12-15T00:00:00.000Z', '2027-01-15T00:00:00.000Z'],
        ]);
        expect(closed.map((one) => of(one, 'validations'))).toEqual([2, 0, 0]);
      });

      it('a subscription that begins anew closes the running period early, and moves the months to its own', async () => {
        await dataOf(billing.addMethod({ token: 'test_ok' }));
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        await dataOf(billing.cancel({ at: 'now' }));
        await called(3, 2);
        await dataOf(billing.advance({ to: '2026-11-20T12:00:00.000Z' }));
        await called(5, 4);
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        const closed = await history({ sort: 'created_at' });
        expect(spans(closed)).toEqual([
          [start, '2026-11-15T00:00:00.000Z'],
          ['2026-11-15T00:00:00.000Z', '2026-11-20T12:00:00.000Z'],
        ]);
        expect(closed.map((one) => of(one, 'validations'))).toEqual([2, 4]);
        expect((await usage()).period).toEqual({
          ...{ start: '2026-11-20T12:00:00.000Z', end: '2026-12-20T12:00:00.000Z' },
        });
      });

      it('two beginnings at one moment lose no call and leave no period without a length', async () => {
        await dataOf(billing.addMethod({ token: 'test_ok' }));
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        await called(3, 2);
        await dataOf(billing.cancel({ at: 'now' }));
        await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
        expect(await history()).toEqual([]);
        expect((await counters()).validations).toBe(2);
      });
    });
  });

  it('a closed period can be neither changed nor deleted, by anybody', async () => {
    vendor = await createVendor(server);
    await comeTo(server.clock.now() + hourMs);
    await comeTo(await month(1));
    const { account_id } = vendor;
    const snapshots = () => server.platform.database('usage_snapshots').where({ account_id });
    const before = await snapshots();
    expect(before).toHaveLength(1);
    for (const changes of [{ metrics: '[]' }, { plan_code: 'starter' }, { ended_at: 5 }]) {
      await expect(snapshots().update(changes)).rejects.toThrow('a usage snapshot does not change');
    }
    await expect(snapshots().delete()).rejects.toThrow('a usage snapshot does not change');
    expect(await snapshots()).toEqual(before);
  });

  it('what is counted while periods close is in one of them, once', async () => {
    vendor = await createVendor(server);
    await comeTo(server.clock.now() + hourMs);
    const door = restDoor(() => server.baseUrl);
    server.clock.set((await month(1)) + hourMs);
    const made = Array.from({ length: 30 }, () =>
      door.call(createCustomer, { email: `${unique('c')}@example.com` }, { key: vendor.admin }),
    );
    const noted = Array.from({ length: 30 }, () => called(1, 1));
    await Promise.all([closeByFour(), ...made, ...noted]);
    const { account_id } = vendor;
    const rows = await server.platform.database('usage_snapshots').where({ account_id });
    expect(rows).toHaveLength(1);
    const closed = JSON.parse(rows[0].metrics) as UsageSnapshot['metrics'];
    const left = await counters();
    expect((of({ metrics: closed }, 'validations') ?? 0) + left.validations).toBe(30);
    expect(left.customers).toBe(30);
  });
});
