import {
  activateLicense,
  contract as contracts,
  createCustomer,
  createLicenses,
  deactivateLicense,
  eraseCustomer,
  type PlanMetric,
  planMetrics,
  revokeLicense,
} from '@thrivetech/contracts';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { issueApiKey } from '../../src/modules/api-keys/index.ts';
import { dayMs } from '../../src/platform/clock.ts';
import { systemRequest } from '../../src/platform/request-context.ts';
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
      const { uow, newId, clock } = server.platform;
      const { account_id } = vendor;
      const now = clock.now();
      const add = () =>
        uow.runInternal(async (tx) => {
          const origin = { id: newId('api_key', now), account_id, now };
          await tx.apiKeys.insert(issueApiKey({ name: 'App', type: 'channel' }, origin).record);
          await tx.usage.countMore(systemRequest(account_id, { id: newId('request', now), now }), 'api_keys');
        });
      // On SQLite they share a commit, and the counts of all wait for its end.
      const found = await Promise.all([add(), recount(), add(), recount(), add(), recount()]);
      expect(found.flat().filter((one) => one !== undefined)).toEqual([]);
      expect((await gauges()).api_keys).toBe(3 + 3);
      expect(await drift()).toEqual([]);
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

  it.runIf(database === 'postgres')(
    'licenses that are made in bulk do not lock out whoever deletes one of their products meanwhile',
    async () => {
      vendor = await createVendor(server, {
        ...{ plan_code: 'growth', rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 },
      });
      const [kept, gone] = [await vendor.product(), await vendor.product()];
      const { database: db } = server.platform;
      const waiting = async () => {
        const { rows } = await db.raw(
          "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        return rows.length;
      };
      const licenses = [kept, gone].map(({ id: product_id }) => ({ product_id }));
      const made = await db.transaction(async (other) => {
        await other('products').where({ id: gone.id }).delete();
        const bulk = restDoor(() => server.baseUrl).call(createLicenses, { licenses }, { key: vendor.admin });
        await expect.poll(waiting).toBe(1);
        // What a deletion does next. Had the bulk counted its first license already, both would wait for ever.
        await other('account_counters').where({ account_id: vendor.account_id }).decrement('products', 1);
        return { bulk };
      });
      expect((await made.bulk).error?.code).toBe('CONFLICT');
      expect(await gauges()).toMatchObject({ products: 1, licenses: 0 });
      expect(await drift()).toEqual([]);
    },
  );
});
