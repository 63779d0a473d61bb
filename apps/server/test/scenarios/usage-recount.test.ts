import {
  activateLicense,
  contract as contracts,
  createCustomer,
  createLicenses,
  deactivateLicense,
  eraseCustomer,
  type License,
  type PlanMetric,
  planMetrics,
  revokeLicense,
} from '@thrivetech/contracts';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';
import { refusedByContract, workingInputs } from '../support/working-inputs.ts';

type Gauges = Record<PlanMetric, number>;

/** What each operation adds to the gauges when it succeeds. Left out: nothing. */
const moves: Record<string, Partial<Gauges>> = {
  'products.create': { products: 1 },
  'products.delete': { products: -1 },
  'customers.create': { customers: 1 },
  'customers.erase': { customers: -1 },
  'licenses.create': { licenses: 1 },
  'licenses.createMany': { licenses: 1 },
  'licenses.revoke': { licenses: -1 },
  'licenses.devices.deactivate': { activations: -1 },
  'activations.deactivate': { activations: -1 },
  'apiKeys.create': { api_keys: 1 },
  'apiKeys.revoke': { api_keys: -1 },
  'webhooks.endpoints.create': { webhook_endpoints: 1 },
  'webhooks.endpoints.delete': { webhook_endpoints: -1 },
};

eachDatabase((database) => {
  const server = useServer(database);
  let vendor: Vendor;
  const gauges = async (): Promise<Gauges> => {
    const { account_id } = vendor;
    return server.platform
      .database('account_counters')
      .where({ account_id })
      .first(...planMetrics);
  };
  const drift = () => server.platform.uow.read.usage.drift(vendor.account_id);
  const recount = () => server.platform.uow.runInternal((tx) => tx.usage.recount(vendor.account_id));

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);

    describe('every operation', () => {
      let inputs: Record<string, Record<string, unknown>>;
      beforeAll(async () => {
        vendor = await createVendor(server);
        inputs = await workingInputs(server, vendor);
      });

      it.each(contracts.map((contract) => [contract.name, contract] as const))(
        '%s counts what it makes and what it ends, and nothing when it is refused',
        async (name, contract) => {
          const before = await gauges();
          const { error } = await door.call(contract, inputs[name], { key: vendor.admin });
          if (!refusedByContract.includes(name)) expect(error).toBeUndefined();
          const expected = Object.entries(before).map(([metric, count]) => [
            metric,
            count + (moves[name]?.[metric as PlanMetric] ?? 0),
          ]);
          expect(await gauges()).toEqual(Object.fromEntries(expected));

          const refused = await door.call(contract, { ...inputs[name], zebra: 1 }, { key: vendor.admin });
          expect(refused.success).toBe(false);
          expect(await gauges()).toEqual(Object.fromEntries(expected));
          expect(await drift()).toEqual([]);
        },
      );
    });

    it('floating seats that are taken back when they are needed count no more', async () => {
      vendor = await createVendor(server);
      const { key: license_key } = await vendor.license({ type: 'floating', device_limit: 2 });
      const activate = async () => {
        const { error } = await door.call(
          activateLicense,
          { license_key, device: machine() },
          { key: vendor.channel },
        );
        expect(error).toBeUndefined();
      };
      await activate();
      await activate();
      server.clock.advance(dayMs);
      await activate();
      expect((await gauges()).activations).toBe(1);
      expect(await drift()).toEqual([]);
    });
  });

  describe('the recount', () => {
    const door = restDoor(() => server.baseUrl);
    const make = () =>
      door.call(createCustomer, { email: `${unique('c')}@example.com` }, { key: vendor.admin });
    beforeEach(async () => {
      vendor = await createVendor(server);
    });

    it('changes nothing while others write, however it falls among them', async () => {
      const { id: product_id } = await vendor.product();
      const found: unknown[] = [];
      const storm = Array.from({ length: 40 }, async (_, n) => {
        const { data: customer } = await door.call<{ id: string }>(
          createCustomer,
          { email: `${unique('c')}@example.com` },
          { key: vendor.admin },
        );
        const license = await vendor.license({ product_id, customer_id: customer.id, device_limit: 2 });
        const device = machine();
        await Promise.all(
          [device, machine()].map((one) =>
            door.call(activateLicense, { license_key: license.key, device: one }, { key: vendor.channel }),
          ),
        );
        if (n % 2)
          await door.call(deactivateLicense, { license_key: license.key, device }, { key: vendor.channel });
        if (n % 3 === 0) await door.call(revokeLicense, { licenseId: license.id }, { key: vendor.admin });
        if (n % 4 === 0) await door.call(eraseCustomer, { customerId: customer.id }, { key: vendor.admin });
      });
      let isRunning = true;
      const ended = Promise.all(storm).finally(() => {
        isRunning = false;
      });
      let looks = 0;
      for (; isRunning; looks++) found.push(...(await recount()), ...(await drift()));
      await ended;
      expect(looks).toBeGreaterThan(2);
      expect(found).toEqual([]);
      expect(await drift()).toEqual([]);
      expect(await gauges()).toMatchObject({ customers: 30, licenses: 26 });
    });

    it('that shares a commit with what was just made does not count it twice', async () => {
      // All in one go: on SQLite they share a commit, in which the counts of all wait for its end.
      const [found] = await Promise.all([
        Promise.all(Array.from({ length: 10 }, recount)),
        ...Array.from({ length: 10 }, make),
      ]);
      expect(found.flat()).toEqual([]);
      expect(await drift()).toEqual([]);
      expect((await gauges()).customers).toBe(10);
    });

    it('sets right what has drifted once a day, and tells how far', async () => {
      await make();
      const { account_id } = vendor;
      await server.platform.jobs.runDue();
      await server.platform
        .database('account_counters')
        .where({ account_id })
        .update({ customers: 7, api_keys: 0 });
      server.clock.advance(dayMs - 1);
      await server.platform.jobs.runDue();
      expect(await gauges()).toMatchObject({ customers: 7, api_keys: 0 });
      server.clock.advance(1);
      await server.platform.jobs.runDue();
      expect(await gauges()).toMatchObject({ customers: 1, api_keys: 3 });
      const told = server.logLines.filter((line) => line.includes('drifted') && line.includes(account_id));
      expect(told.map((line) => JSON.parse(line))).toMatchObject([
        { level: 40, account_id, metric: 'customers', counted: 7, there: 1 },
        { level: 40, account_id, metric: 'api_keys', counted: 0, there: 3 },
      ]);
    });
  });

  it('of licenses made in bulk for many products while those are deleted, the gauges are what is left', async () => {
    vendor = await createVendor(server);
    const door = restDoor(() => server.baseUrl);
    const { database: db, uow } = server.platform;
    await server.platform
      .database('accounts')
      .where({ id: vendor.account_id })
      .update({ rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 });
    await uow.runInternal((tx) => tx.accounts.change(vendor.account_id, { plan_code: 'growth' }));
    const products = await Promise.all(Array.from({ length: 12 }, () => vendor.product()));
    const licenses = [...products, ...products].map(({ id: product_id }) => ({ product_id }));
    const calls = [
      ...Array.from({ length: 4 }, () =>
        door.call<{ licenses: License[] }>(createLicenses, { licenses }, { key: vendor.admin }),
      ),
      ...[...products]
        .reverse()
        .map(({ id: productId }) =>
          door.call(
            contracts.find(({ name }) => name === 'products.delete') ?? createLicenses,
            { productId },
            { key: vendor.admin },
          ),
        ),
    ];
    const outcomes = (await Promise.all(calls)).map(({ error }) => error?.code ?? 'done');
    expect(outcomes.filter((code) => !['done', 'CONFLICT', 'RESOURCE_NOT_FOUND'].includes(code))).toEqual([]);
    expect(await drift()).toEqual([]);
    const [row] = await db('products').where({ account_id: vendor.account_id }).count({ n: '*' });
    expect((await gauges()).products).toBe(Number(row?.['n']));
  });
});
