import {
  activateLicense,
  createApiKey,
  createCustomer,
  createLicense,
  createProduct,
  createWebhookEndpoint,
  deactivateLicense,
  deleteProduct,
  issueLicenseFile,
  type ProcedureContract,
  rotateApiKey,
} from '@thrivetech/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { dataOf } from '../support/billing.ts';
import { createVendor, licenseRequest, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { usePlanFile } from '../support/plan-file.ts';
import { countRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

const everything = { products: 1, licenses: 1, customers: 1, activations: 1, api_keys: 1 };

eachDatabase((database) => {
  const planFile = usePlanFile({
    enterprise: {},
    one: { ...everything, webhook_endpoints: 1 },
    two: { products: 2, activations: 2 },
    none: { products: 0, activations: 0 },
    vast: { products: Number.MAX_SAFE_INTEGER, activations: Number.MAX_SAFE_INTEGER },
  });
  const server = useServer(database, { planFile });

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const call = <Data = { id: string }>(
      contract: ProcedureContract,
      input: Record<string, unknown>,
      key = vendor.admin,
      headers: Record<string, string> = {},
    ) => door.call<Data>(contract, input, { key, headers });
    const refusal = async (...of: Parameters<typeof call>) => (await call(...of)).error?.code;
    const putOn = (plan_code: string) =>
      server.platform.uow.runInternal((tx) => tx.accounts.change(vendor.account_id, { plan_code }));
    const gauges = async () => {
      const { account_id } = vendor;
      return server.platform.database('account_counters').where({ account_id }).first();
    };
    const drift = () => server.platform.uow.read.usage.drift(vendor.account_id);
    const activate = (license_key: string, more: object = {}, key = vendor.channel) =>
      call<{ device: { id: string }; result: string }>(
        activateLicense,
        { license_key, device: machine(), ...more },
        key,
      );
    const newProduct = () => ({ name: unique('Product') });
    beforeEach(async () => {
      vendor = await createVendor(server);
    });

    describe('an account that has more than its new plan allows', () => {
      it('keeps all of it, and gets nothing more until it is below the limit', async () => {
        const products = [await vendor.product(), await vendor.product(), await vendor.product()];
        await putOn('two');
        const { account_id } = vendor;
        expect(await countRows(server, 'products', { account_id })).toBe(3);
        const full = await call(createProduct, newProduct());
        expect(full.error).toMatchObject({
          code: 'PLAN_LIMIT_REACHED',
          details: { metric: 'products', limit: 2, used: 3, plan: 'two' },
        });
        await dataOf(call(deleteProduct, { productId: products[0]?.id }));
        expect(await refusal(createProduct, newProduct())).toBe('PLAN_LIMIT_REACHED');
        await dataOf(call(deleteProduct, { productId: products[1]?.id }));
        await dataOf(call(createProduct, newProduct()));
        expect(await refusal(createProduct, newProduct())).toBe('PLAN_LIMIT_REACHED');
      });

      it('can rotate a key all the same: one that has leaked must not stay', async () => {
        const { id } = await dataOf(call(createApiKey, { name: 'App', type: 'channel' }));
        await putOn('one');
        const rotated = await dataOf(call(rotateApiKey, { apiKeyId: id, overlap_hours: 1 }));
        expect((await gauges()).api_keys).toBe(4);
        // The same one again is one key more.
        expect(await refusal(rotateApiKey, { apiKeyId: id, overlap_hours: 1 })).toBe('PLAN_LIMIT_REACHED');
        await dataOf(call(rotateApiKey, { apiKeyId: rotated.id, overlap_hours: 0 }));
        expect((await gauges()).api_keys).toBe(4);
        expect(await drift()).toEqual([]);
      });

      it('can replace a device all the same, by call and by file', async () => {
        const license = await vendor.license({ device_limit: 10 });
        const first = await dataOf(activate(license.key));
        await dataOf(activate(license.key));
        await putOn('one');
        expect((await activate(license.key)).error?.code).toBe('PLAN_LIMIT_REACHED');
        const replaced = await dataOf(activate(license.key, { replace_device_id: first.device.id }));
        expect(replaced.result).toBe('replaced');
        const file = (more: object = {}) =>
          call<{ result: string }>(issueLicenseFile, {
            licenseId: license.id,
            request: licenseRequest(license.product_id),
            ...more,
          });
        expect((await file()).error?.code).toBe('PLAN_LIMIT_REACHED');
        await dataOf(file({ replace_device_id: replaced.device.id }));
        expect((await gauges()).activations).toBe(2);
        expect(await drift()).toEqual([]);
      });

      it('can give floating seats from hand to hand all the same', async () => {
        const license = await vendor.license({ type: 'floating', device_limit: 2 });
        await dataOf(activate(license.key));
        await dataOf(activate(license.key));
        await putOn('none');
        server.clock.advance(dayMs);
        await dataOf(activate(license.key));
        await putOn('enterprise');
        await dataOf(activate(license.key));
        expect(await drift()).toEqual([]);
      });

      it('lets a machine that has its seat have it again', async () => {
        const license = await vendor.license({ device_limit: 2 });
        const device = machine();
        await dataOf(activate(license.key, { device }));
        await putOn('none');
        expect((await dataOf(activate(license.key, { device }))).result).toBe('already_active');
      });
    });

    it('a plan that changes bounds the next call: as a larger one, and as a smaller one', async () => {
      await putOn('one');
      await vendor.product();
      expect(await refusal(createProduct, newProduct())).toBe('PLAN_LIMIT_REACHED');
      await putOn('two');
      await dataOf(call(createProduct, newProduct()));
      await putOn('enterprise');
      await dataOf(call(createProduct, newProduct()));
      await putOn('one');
      expect(await refusal(createProduct, newProduct())).toBe('PLAN_LIMIT_REACHED');
    });

    it('a refused call leaves nothing: no row, no event, no audit entry, no count', async () => {
      const { id: product_id } = await vendor.product();
      await vendor.customer();
      const license = await vendor.license({ product_id, device_limit: 9 });
      await dataOf(activate(license.key));
      await putOn('one');
      const url = 'https://hooks.example.com/';
      await dataOf(call(createWebhookEndpoint, { url }));
      const before = await gauges();
      const email = () => `${unique('c')}@example.com`;
      for (const [contract, input] of [
        [createProduct, newProduct()],
        [createCustomer, { email: email() }],
        [createLicense, { product_id }],
        [createApiKey, { name: 'App', type: 'channel' }],
        [createWebhookEndpoint, { url }],
      ] as const) {
        const { error } = await call(contract, input);
        expect(error?.details, contract.name).toMatchObject({ plan: 'one', limit: 1 });
      }
      expect((await activate(license.key)).error?.code).toBe('PLAN_LIMIT_REACHED');
      const { api_requests: _now, validations: _valid, ...after } = await gauges();
      expect(before).toMatchObject(after);
      const seats = await server.platform.database('licenses').where({ id: license.id }).first();
      expect(seats.devices_used).toBe(1);
      expect(await drift()).toEqual([]);
    });

    it('what is refused for another reason counts nothing, and what is refused for the limit can be had later', async () => {
      await putOn('two');
      const code = unique('code');
      await vendor.product({ code });
      expect(await refusal(createProduct, { ...newProduct(), code })).toBe('CONFLICT');
      expect((await gauges()).products).toBe(1);
      await putOn('one');
      const once = { 'idempotency-key': unique('once') };
      expect(await refusal(createProduct, newProduct(), vendor.admin, once)).toBe('PLAN_LIMIT_REACHED');
      await putOn('two');
      const input = newProduct();
      const again = { 'idempotency-key': unique('again') };
      const [made, replayed] = [
        await dataOf(call(createProduct, input, vendor.admin, again)),
        await dataOf(call(createProduct, input, vendor.admin, again)),
      ];
      expect(replayed.id).toBe(made.id);
      expect((await gauges()).products).toBe(2);
    });

    it('a plan may allow more than 32 bits can count', async () => {
      await putOn('vast');
      const license = await vendor.license();
      await dataOf(activate(license.key));
      expect(await gauges()).toMatchObject({ products: 1, activations: 1 });
    });

    it('an app learns that the limit is reached, and no number', async () => {
      const license = await vendor.license({ device_limit: 9 });
      await putOn('none');
      const asApp = await activate(license.key);
      expect(asApp.status).toBe(403);
      expect(asApp.error).toEqual({
        code: 'PLAN_LIMIT_REACHED',
        message: 'The limit of the subscribed plan is reached.',
      });
      const asVendor = await activate(license.key, {}, vendor.admin);
      expect(asVendor.error?.details).toEqual({ metric: 'activations', limit: 0, used: 0, plan: 'none' });
    });

    it('of 40 machines that leave and come at once on two places, never more than two are in', async () => {
      await putOn('two');
      const license = await vendor.license({ device_limit: 100 });
      const most: number[] = [];
      const turns = Array.from({ length: 40 }, async () => {
        const device = machine();
        const { success } = await activate(license.key, { device });
        most.push(await countRows(server, 'devices', { license_id: license.id, seat: 3 }));
        if (!success) return 0;
        await dataOf(call(deactivateLicense, { license_key: license.key, device }, vendor.channel));
        return 1;
      });
      const came = await Promise.all(turns);
      expect(came.reduce<number>((all, one) => all + one, 0)).toBeGreaterThanOrEqual(2);
      expect(Math.max(...most)).toBe(0);
      expect((await gauges()).activations).toBe(0);
      expect(await drift()).toEqual([]);
    });
  });
});
