import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  activateLicense,
  createApiKey,
  createCustomer,
  createLicense,
  createLicenses,
  createProduct,
  createWebhookEndpoint,
  deactivateLicense,
  deleteProduct,
  eraseCustomer,
  type PlanMetric,
  type ProcedureContract,
  planMetrics,
  revokeApiKey,
  revokeLicense,
  rotateApiKey,
  startTrial,
} from '@thrivetech/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { type Door, eachDoor, restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { startServer } from '../support/start-server.ts';
import { countRows } from '../support/tables.ts';
import { type TestServer, useServer } from '../support/test-server.ts';

type Input = Record<string, unknown>;

/** A plan with room for 100 of everything; keys the vendor has already count. */
const limit = 100;
const plan = (code: string, limitOf: number) => ({
  ...{ code, name: code, custom: false, prices: [], trial_days: 0 },
  rate_limits: { per_minute: 1_000_000, per_hour: 1_000_000 },
  limits: Object.fromEntries(planMetrics.map((metric) => [metric, limitOf])),
});

const folder = await mkdtemp(join(tmpdir(), 'thrive-plans-'));
const planFile = join(folder, 'plans.json');
beforeAll(async () => {
  await writeFile(
    planFile,
    JSON.stringify([plan('hundred', limit), plan('two', 2), plan('enterprise', 1_000_000)]),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const gauge = async (server: TestServer, vendor: Vendor, metric: PlanMetric): Promise<number> => {
  const { account_id } = vendor;
  return (await server.platform.database('account_counters').where({ account_id }).first(metric))[metric];
};

/** What there is of each metric, made in one call. */
const makers = (
  door: Door,
  vendor: Vendor,
): Record<Exclude<PlanMetric, 'activations'>, () => Promise<Answered>> => {
  const call = (contract: ProcedureContract, input: Input) =>
    door.call<{ id: string }>(contract, input, { key: vendor.admin });
  return {
    products: () => call(createProduct, { name: unique('Product') }),
    customers: () => call(createCustomer, { email: `${unique('c')}@example.com` }),
    licenses: async () => call(createLicense, { product_id: (await productOf(vendor)).id }),
    api_keys: () => call(createApiKey, { name: 'k', type: 'channel' }),
    webhook_endpoints: () => call(createWebhookEndpoint, { url: 'https://hooks.example.com/' }),
  };
};
type Answered = Awaited<ReturnType<Door['call']>>;

const products = new WeakMap<Vendor, Promise<{ id: string }>>();
const productOf = (vendor: Vendor) => {
  const known = products.get(vendor) ?? vendor.product();
  products.set(vendor, known);
  return known;
};
const refusalsOf = (answers: readonly Answered[]) =>
  answers.flatMap(({ error }) => (error ? [error.code] : []));

eachDatabase((database) => {
  const server = useServer(database, { planFile });

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);

    it.each(['customers', 'licenses', 'products'] as const)(
      'of 200 requests at once for %s, as many get through as the plan has places for',
      async (metric) => {
        const vendor = await createVendor(server, { plan_code: 'hundred' });
        if (metric === 'licenses') await productOf(vendor);
        const make = makers(door, vendor)[metric];
        const answers = await Promise.all(Array.from({ length: 200 }, make));
        expect(answers.filter(({ success }) => success)).toHaveLength(limit);
        expect(new Set(refusalsOf(answers))).toEqual(new Set(['PLAN_LIMIT_REACHED']));
        expect(await countRows(server, metric, { account_id: vendor.account_id })).toBe(limit);
        expect(await gauge(server, vendor, metric)).toBe(limit);
        const { error } = await make();
        expect(error?.details).toEqual({ metric, limit, used: limit, plan: 'hundred' });
      },
    );

    it('of 60 devices at once on a plan with room for 2, 2 get a seat, and their apps learn no numbers', async () => {
      const vendor = await createVendor(server, { plan_code: 'two' });
      const { key: license_key } = await vendor.license({ device_limit: 100 });
      const answers = await Promise.all(
        Array.from({ length: 60 }, () =>
          door.call(activateLicense, { license_key, device: machine() }, { key: vendor.channel }),
        ),
      );
      expect(answers.filter(({ success }) => success)).toHaveLength(2);
      const refused = answers.filter(({ success }) => !success).map(({ error }) => error);
      expect(new Set(refused.map((error) => JSON.stringify(error)))).toEqual(
        new Set([JSON.stringify({ code: 'PLAN_LIMIT_REACHED', message: refused[0]?.message })]),
      );
      expect(await gauge(server, vendor, 'activations')).toBe(2);
    });

    describe('a plan that is full', () => {
      let vendor: Vendor;
      const call = <Data = { id: string }>(contract: ProcedureContract, input: Input) =>
        door.call<Data>(contract, input, { key: vendor.admin });
      beforeEach(async () => {
        vendor = await createVendor(server, { plan_code: 'two' });
      });

      it('has room again for what was deleted, erased or revoked', async () => {
        const product = await vendor.product();
        const spare = await vendor.product();
        const customer = await vendor.customer();
        await vendor.customer();
        const license = await vendor.license({ product_id: product.id });
        await vendor.license({ product_id: product.id });
        const make = makers(door, vendor);
        for (const metric of ['products', 'customers'] as const) {
          expect((await make[metric]()).error?.code).toBe('PLAN_LIMIT_REACHED');
        }
        await call(deleteProduct, { productId: spare.id });
        await call(eraseCustomer, { customerId: customer.id });
        await call(revokeLicense, { licenseId: license.id });
        await call(revokeLicense, { licenseId: license.id });
        for (const metric of ['products', 'customers'] as const) {
          expect((await make[metric]()).error).toBeUndefined();
          expect((await make[metric]()).error?.code).toBe('PLAN_LIMIT_REACHED');
        }
        const again = { product_id: product.id };
        expect((await call(createLicense, again)).error).toBeUndefined();
        expect((await call(createLicense, again)).error?.code).toBe('PLAN_LIMIT_REACHED');
      });

      it('lets a device take the place of another, and a key be rotated', async () => {
        const license = await vendor.license({ device_limit: 5 });
        const activate = (device: Input, more: Input = {}) =>
          call<{ device: { id: string } }>(activateLicense, { license_key: license.key, device, ...more });
        const first = await activate(machine());
        await activate(machine());
        expect((await activate(machine())).error?.code).toBe('PLAN_LIMIT_REACHED');
        const replaced = await activate(machine(), { replace_device_id: first.data.device.id });
        expect(replaced.error).toBeUndefined();
        expect(await gauge(server, vendor, 'activations')).toBe(2);

        // The vendor has three keys, one more than its plan allows: it may rotate all the same once it is within.
        const key = await server.platform
          .database('api_keys')
          .where({ account_id: vendor.account_id, type: 'channel' })
          .first('id');
        const reader = await server.platform
          .database('api_keys')
          .where({ account_id: vendor.account_id, type: 'read_only' })
          .first('id');
        await call(revokeApiKey, { apiKeyId: reader.id });
        const rotated = await call(rotateApiKey, { apiKeyId: key.id, overlap_hours: 24 });
        expect(rotated.error).toBeUndefined();
        expect((await call(rotateApiKey, { apiKeyId: key.id, overlap_hours: 1 })).error?.code).toBe(
          'PLAN_LIMIT_REACHED',
        );
        expect(await gauge(server, vendor, 'api_keys')).toBe(2);
      });

      it('has room for trials, which cost nothing', async () => {
        const product = await vendor.product({ license_defaults: { trial_days: 14 } });
        for (let started = 0; started < 4; started += 1) {
          const { error } = await door.call(
            startTrial,
            { product_id: product.id, device: machine() },
            { key: vendor.channel },
          );
          expect(error).toBeUndefined();
        }
        expect([await gauge(server, vendor, 'licenses'), await gauge(server, vendor, 'activations')]).toEqual(
          [0, 0],
        );
      });

      it('takes nothing of a bundle that does not fit as a whole', async () => {
        const { id: product_id } = await vendor.product();
        const licenses = [{ product_id }, { product_id }, { product_id }];
        expect((await call(createLicenses, { licenses })).error).toMatchObject({
          code: 'PLAN_LIMIT_REACHED',
          details: { index: 2 },
        });
        expect(await gauge(server, vendor, 'licenses')).toBe(0);
        expect((await call(createLicenses, { licenses: licenses.slice(1) })).error).toBeUndefined();
      });
    });

    it('gauges are what there is after a storm of everything that changes them', async () => {
      const vendor = await createVendor(server);
      const call = (contract: ProcedureContract, input: Input, key = vendor.admin) =>
        door.call<{ id: string; key: string }>(contract, input, { key });
      const product = await vendor.product({ license_defaults: { trial_days: 14 } });
      const turn = async (n: number) => {
        const customer = await vendor.customer();
        const license = await vendor.license({
          product_id: product.id,
          customer_id: customer.id,
          device_limit: 2,
        });
        const [first, second] = [machine(), machine()];
        await Promise.all(
          [first, second, machine()].map((device) =>
            call(activateLicense, { license_key: license.key, device }, vendor.channel),
          ),
        );
        if (n % 2) await call(deactivateLicense, { license_key: license.key, device: first }, vendor.channel);
        if (n % 3 === 0) await Promise.all([1, 2].map(() => call(revokeLicense, { licenseId: license.id })));
        if (n % 4 === 0) await call(eraseCustomer, { customerId: customer.id });
        await call(startTrial, { product_id: product.id, device: second }, vendor.channel);
        const key = await call(createApiKey, { name: 'k', type: 'channel' });
        if (n % 2) await call(rotateApiKey, { apiKeyId: key.data.id, overlap_hours: 1 });
        if (n % 3) await call(revokeApiKey, { apiKeyId: key.data.id });
        await call(createWebhookEndpoint, { url: 'https://hooks.example.com/', enabled: false });
      };
      await Promise.all(Array.from({ length: 12 }, (_, n) => turn(n)));
      const drift = await server.platform.uow.runInternal((tx) => tx.usage.recount(vendor.account_id));
      expect(drift).toEqual([]);
    });
  });

  it('a gauge that had drifted is set right by the recount, which tells of it', async () => {
    const vendor = await createVendor(server);
    await vendor.customer();
    const { account_id } = vendor;
    await server.platform.database('account_counters').where({ account_id }).update({ customers: 7 });
    server.clock.advance(2 * 86_400_000);
    await server.platform.jobs.runDue();
    expect(await gauge(server, vendor, 'customers')).toBe(1);
    const told = server.logLines.filter((line) => line.includes('drifted') && line.includes(account_id));
    expect(told.map((line) => JSON.parse(line))).toMatchObject([
      { metric: 'customers', counted: 7, there: 1 },
    ]);
  });
});

describe('on two servers that share a PostgreSQL', () => {
  let database: TestDatabase;
  let servers: Awaited<ReturnType<typeof startServer>>[];
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    servers = [await startServer(database), await startServer(database)];
  });
  afterAll(async () => {
    for (const server of servers) await server.stop();
    await database.remove();
  });

  it('of 60 requests spread over both, as many get through as the plan has places for', async () => {
    const [first] = servers;
    if (!first) throw new Error('No server.');
    const vendor = await createVendor(first, {
      plan_code: 'starter',
      rate_per_minute: 100_000,
      rate_per_hour: 100_000,
    });
    const doors = servers.map((server) => restDoor(() => server.baseUrl));
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, n) =>
        (doors[n % 2] as Door).call(createProduct, { name: unique('P') }, { key: vendor.admin }),
      ),
    );
    expect(answers.filter(({ success }) => success)).toHaveLength(3);
    expect(await gauge(first, vendor, 'products')).toBe(3);
  });
});
