import {
  activateLicense,
  createWebhookEndpoint,
  listProducts,
  startTrial,
  type Usage,
  validateLicense,
} from '@thrivetech/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { type BillingCalls, billingOf, dataOf } from '../support/billing.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase } from '../support/each-database.ts';
import { startServer } from '../support/start-server.ts';
import { useServer } from '../support/test-server.ts';

const used = ({ metrics }: Usage) =>
  Object.fromEntries(metrics.map((metric) => [metric.metric, metric.used]));
/** What is summed in memory is written within two seconds. */
const soon = { timeout: 6_000, interval: 100 };

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let billing: BillingCalls;
    const usage = () => dataOf(billing.usage());
    const open = async (plan_code: string) => {
      vendor = await createVendor(server, {
        ...{ plan_code, rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 },
      });
      billing = billingOf(door, () => vendor);
    };

    describe('usage', () => {
      beforeEach(() => open('starter'));

      it('says what there is, how much the plan allows and how much that leaves', async () => {
        const product = await vendor.product({ license_defaults: { trial_days: 14 } });
        await vendor.product();
        await vendor.customer();
        const license = await vendor.license({ product_id: product.id, device_limit: 2 });
        const seated = { license_key: license.key, device: machine() };
        await dataOf(door.call(activateLicense, seated, { key: vendor.channel }));
        const hook = { url: 'https://hooks.example.com/' };
        await dataOf(door.call(createWebhookEndpoint, hook, { key: vendor.admin }));
        // Costs nothing.
        const tried = { product_id: product.id, device: machine() };
        await dataOf(door.call(startTrial, tried, { key: vendor.channel }));

        const { plan_code, metrics } = await usage();
        expect(plan_code).toBe('starter');
        expect(metrics.slice(0, 6)).toEqual(
          [
            { metric: 'products', used: 2, limit: 3, remaining: 1 },
            { metric: 'licenses', used: 1, limit: 500, remaining: 499 },
            { metric: 'customers', used: 1, limit: 500, remaining: 499 },
            { metric: 'activations', used: 1, limit: 1500, remaining: 1499 },
            { metric: 'api_keys', used: 3, limit: 5, remaining: 2 },
            { metric: 'webhook_endpoints', used: 1, limit: 2, remaining: 1 },
          ].map((gauge) => ({ ...gauge, resets_at: null })),
        );
      });

      it('counts calls and validations of the period within two seconds, each once', async () => {
        const { period } = await usage();
        const { key: license_key } = await vendor.license();
        const device = machine();
        const asApp = { key: vendor.channel };
        await dataOf(door.call(activateLicense, { license_key, device }, asApp));
        await Promise.all(
          Array.from({ length: 7 }, () => door.call(validateLicense, { license_key, device }, asApp)),
        );
        await expect.poll(async () => used(await usage())['validations'], soon).toBe(7);
        const { metrics } = await usage();
        const unlimited = { limit: null, remaining: null, resets_at: period.end };
        expect(metrics.slice(6)).toEqual([
          { metric: 'api_requests', used: expect.any(Number), ...unlimited },
          { metric: 'validations', used: 7, ...unlimited },
        ]);
        const counted = await server.platform
          .database('account_counters')
          .where({ account_id: vendor.account_id })
          .first('api_requests');
        // A product, a license, an activation and the validations, beside what read this here.
        expect(counted.api_requests).toBeGreaterThanOrEqual(1 + 1 + 1 + 7);
      });

      it('does not count calls that nobody was let in for', async () => {
        await billing.usage({}, 'tt_admin_none');
        for (let n = 0; n < 3; n++) await billing.usage({}, vendor.channel);
        await dataOf(door.call(listProducts, {}, { key: vendor.read_only }));
        await expect.poll(() => apiRequests(), soon).toBe(1);
      });

      it('of an account that is over its limit leaves nothing, and never less', async () => {
        await vendor.product();
        await vendor.product();
        const { account_id } = vendor;
        await server.platform.database('account_counters').where({ account_id }).update({ products: 9 });
        const { metrics } = await usage();
        expect(metrics[0]).toMatchObject({ metric: 'products', used: 9, limit: 3, remaining: 0 });
      });

      const apiRequests = async (): Promise<number> => {
        const { account_id } = vendor;
        const row = await server.platform.database('account_counters').where({ account_id }).first();
        return row.api_requests;
      };
    });

    it('on a plan without limits says so', async () => {
      await open('enterprise');
      const { metrics } = await usage();
      expect(metrics.map(({ limit, remaining }) => [limit, remaining])).toEqual(
        metrics.map(() => [null, null]),
      );
    });

    it('is told to management keys only', async () => {
      await open('enterprise');
      expect((await billing.usage({}, vendor.read_only)).error).toBeUndefined();
      expect((await billing.usage({}, vendor.channel)).error?.code).toBe('PERMISSION_DENIED');
      expect((await billing.usageHistory({}, vendor.channel)).error?.code).toBe('PERMISSION_DENIED');
    });
  });

  it('calls that are not written yet when a server stops are written then', async () => {
    const home = await createTestDatabase(database);
    try {
      const first = await startServer(home);
      const vendor = await createVendor(first);
      const door = restDoor(() => first.baseUrl);
      for (let n = 0; n < 5; n++) await dataOf(door.call(listProducts, {}, { key: vendor.admin }));
      await first.stop();
      const second = await startServer(home);
      const { account_id } = vendor;
      const row = await second.platform.database('account_counters').where({ account_id }).first();
      await second.stop();
      expect(row.api_requests).toBe(5);
    } finally {
      await home.remove();
    }
  });
});
