import { type Customer, contract as contracts, type ErrorCode, type License } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { dayMs, toTimestamp } from '../../src/platform/clock.ts';
import type { Answer } from '../support/answer.ts';
import { createVendor, licenseRequest, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { type TestServer, useServer } from '../support/test-server.ts';

interface Stage {
  readonly server: TestServer;
  readonly vendor: Vendor;
  call(name: string, input: Record<string, unknown>): Promise<Answer>;
}
type Provocation = (stage: Stage) => Promise<Record<string, unknown>>;

const contractOf = (name: string) => {
  const contract = contracts.find((candidate) => candidate.name === name);
  if (!contract) throw new Error(`There is no ${name}.`);
  return contract;
};

const at = ({ server }: Stage, days: number) => toTimestamp(server.clock.now() + days * dayMs);
const activation = (license: License) => ({ license_key: license.key, device: machine() });
const fileFor = ({ id, product_id }: License) => ({ licenseId: id, request: licenseRequest(product_id) });
const expired = (stage: Stage) =>
  stage.vendor.license({
    type: 'timed',
    starts_at: at(stage, -30),
    expires_at: at(stage, -9),
    grace_days: 0,
  });
const revoked = async (stage: Stage) => {
  const license = await stage.vendor.license();
  await stage.call('licenses.revoke', { licenseId: license.id });
  return license;
};
const suspend = (stage: Stage, licenseId: string) => stage.call('licenses.suspend', { licenseId });
const ofRevoked = async (stage: Stage) => ({ licenseId: (await revoked(stage)).id });
const ofNoLicense = async () => ({ licenseId: 'lic_none' });
const startedTrial = async (stage: Stage) => {
  const product = await stage.vendor.product({ license_defaults: { trial_days: 14 } });
  const input = { product_id: product.id, device: machine() };
  const { data } = await stage.call('activations.trial', input);
  return { input, licenseId: (data['license'] as License).id };
};
const hooks = 'https://hooks.example.com/thrive';
const ofNoEndpoint = async () => ({ endpointId: 'whe_none' });
const newEndpoint = async (stage: Stage, fields: Record<string, unknown> = {}) => {
  const { data } = await stage.call('webhooks.endpoints.create', { url: hooks, ...fields });
  return { endpointId: data['id'] };
};

/** For each error that an operation documents as its own: an input that meets it, made from what it needs. */
const provocations: Record<string, Partial<Record<ErrorCode, Provocation>>> = {
  'plans.get': { RESOURCE_NOT_FOUND: async () => ({ planCode: 'gold' }) },
  'products.create': {
    CONFLICT: async ({ vendor }) => ({
      name: 'Twin',
      code: (await vendor.product({ code: unique('code') })).code,
    }),
  },
  'products.get': { RESOURCE_NOT_FOUND: async () => ({ productId: 'prd_none' }) },
  'products.update': {
    RESOURCE_NOT_FOUND: async () => ({ productId: 'prd_none', name: 'x' }),
    CONFLICT: async ({ vendor }) => ({ productId: (await vendor.product()).id, version: 7 }),
  },
  'products.delete': {
    RESOURCE_NOT_FOUND: async () => ({ productId: 'prd_none' }),
    CONFLICT: async ({ vendor }) => ({ productId: (await vendor.license()).product_id }),
  },
  'customers.create': {
    CONFLICT: async ({ vendor }) => ({ email: (await vendor.customer()).email.toUpperCase() }),
  },
  'customers.get': { RESOURCE_NOT_FOUND: async () => ({ customerId: 'cus_none' }) },
  'customers.update': {
    RESOURCE_NOT_FOUND: async () => ({ customerId: 'cus_none', name: 'x' }),
    CONFLICT: async ({ vendor }) => {
      const [one, other]: Customer[] = [await vendor.customer(), await vendor.customer()];
      return { customerId: one?.id, email: other?.email };
    },
  },
  'customers.erase': { RESOURCE_NOT_FOUND: async () => ({ customerId: 'cus_none' }) },
  'customers.licenses': { RESOURCE_NOT_FOUND: async () => ({ customerId: 'cus_none' }) },
  'licenses.create': {
    RESOURCE_NOT_FOUND: async () => ({ product_id: 'prd_none' }),
    CONFLICT: async ({ vendor }) => ({ product_id: (await vendor.product({ status: 'archived' })).id }),
  },
  'licenses.createMany': {
    RESOURCE_NOT_FOUND: async () => ({ licenses: [{ product_id: 'prd_none' }] }),
    CONFLICT: async ({ vendor }) => ({
      licenses: [{ product_id: (await vendor.product({ status: 'archived' })).id }],
    }),
  },
  'licenses.suspend': { RESOURCE_NOT_FOUND: ofNoLicense, CONFLICT: ofRevoked },
  'licenses.reinstate': { RESOURCE_NOT_FOUND: ofNoLicense, CONFLICT: ofRevoked },
  'licenses.renew': { RESOURCE_NOT_FOUND: ofNoLicense, CONFLICT: ofRevoked },
  'licenses.rotateKey': { RESOURCE_NOT_FOUND: ofNoLicense, CONFLICT: ofRevoked },
  'licenses.explain': { RESOURCE_NOT_FOUND: ofNoLicense },
  'licenses.get': { RESOURCE_NOT_FOUND: async () => ({ licenseId: 'lic_none' }) },
  'licenses.update': {
    RESOURCE_NOT_FOUND: async () => ({ licenseId: 'lic_none', notes: 'x' }),
    CONFLICT: async (stage) => ({ licenseId: (await revoked(stage)).id, notes: 'x' }),
  },
  'licenses.revoke': { RESOURCE_NOT_FOUND: async () => ({ licenseId: 'lic_none' }) },
  'licenses.devices.list': { RESOURCE_NOT_FOUND: async () => ({ licenseId: 'lic_none' }) },
  'licenses.devices.deactivate': {
    RESOURCE_NOT_FOUND: async ({ vendor }) => ({
      licenseId: (await vendor.license()).id,
      deviceId: 'dev_none',
    }),
  },
  'licenses.issueFile': {
    RESOURCE_NOT_FOUND: async () => ({ licenseId: 'lic_none', request: licenseRequest('prd_none') }),
    LICENSE_EXPIRED: async (stage) => fileFor(await expired(stage)),
    LICENSE_REVOKED: async (stage) => fileFor(await revoked(stage)),
    LICENSE_SUSPENDED: async (stage) => {
      const license = await stage.vendor.license();
      await suspend(stage, license.id);
      return fileFor(license);
    },
    DEVICE_LIMIT_REACHED: async (stage) => {
      const license = await stage.vendor.license({ device_limit: 1 });
      await stage.call('activations.activate', activation(license));
      return fileFor(license);
    },
    CONFLICT: async ({ vendor }) => fileFor(await vendor.license({ type: 'floating' })),
  },
  'activations.activate': {
    RESOURCE_NOT_FOUND: async () => ({ license_key: 'no such key', device: machine() }),
    LICENSE_EXPIRED: async (stage) => activation(await expired(stage)),
    LICENSE_REVOKED: async (stage) => activation(await revoked(stage)),
    LICENSE_SUSPENDED: async (stage) => {
      const license = await stage.vendor.license();
      await suspend(stage, license.id);
      return activation(license);
    },
    DEVICE_LIMIT_REACHED: async (stage) => {
      const license = await stage.vendor.license({ device_limit: 1 });
      await stage.call('activations.activate', activation(license));
      return activation(license);
    },
    CONFLICT: async (stage) => activation(await stage.vendor.license({ starts_at: at(stage, 1) })),
  },
  'activations.deactivate': {
    RESOURCE_NOT_FOUND: async ({ vendor }) => activation(await vendor.license()),
  },
  'activations.trial': {
    RESOURCE_NOT_FOUND: async () => ({ product_id: 'prd_none', device: machine() }),
    LICENSE_REVOKED: async (stage) => {
      const { input, licenseId } = await startedTrial(stage);
      await stage.call('licenses.revoke', { licenseId });
      return input;
    },
    LICENSE_SUSPENDED: async (stage) => {
      const { input, licenseId } = await startedTrial(stage);
      await suspend(stage, licenseId);
      return input;
    },
  },
  'apiKeys.create': {
    RESOURCE_NOT_FOUND: async () => ({ name: 'x', type: 'channel', product_ids: ['prd_none'] }),
  },
  'events.get': { RESOURCE_NOT_FOUND: async () => ({ eventId: 'evt_none' }) },
  'apiKeys.rotate': {
    RESOURCE_NOT_FOUND: async () => ({ apiKeyId: 'key_none' }),
    CONFLICT: async (stage) => {
      const { data } = await stage.call('apiKeys.create', { name: 'x', type: 'channel' });
      await stage.call('apiKeys.revoke', { apiKeyId: data['id'] });
      return { apiKeyId: data['id'] };
    },
  },
  'apiKeys.revoke': {
    RESOURCE_NOT_FOUND: async () => ({ apiKeyId: 'key_none' }),
    CONFLICT: async ({ server, vendor }) => {
      const { account_id } = vendor;
      const own = await server.platform.database('api_keys').where({ account_id, type: 'admin' }).first('id');
      return { apiKeyId: own.id };
    },
  },
  'webhooks.endpoints.create': {
    PLAN_LIMIT_REACHED: async (stage) => {
      const { server, vendor } = stage;
      const account = server.platform.database('accounts').where({ id: vendor.account_id });
      await account.update({ plan_code: 'starter' });
      for (let n = 0; n < 2; n++) await stage.call('webhooks.endpoints.create', { url: hooks });
      return { url: hooks };
    },
  },
  'webhooks.endpoints.get': { RESOURCE_NOT_FOUND: ofNoEndpoint },
  'webhooks.endpoints.update': {
    RESOURCE_NOT_FOUND: ofNoEndpoint,
    CONFLICT: async (stage) => ({ ...(await newEndpoint(stage)), version: 7 }),
  },
  'webhooks.endpoints.delete': { RESOURCE_NOT_FOUND: ofNoEndpoint },
  'webhooks.endpoints.rotateSecret': { RESOURCE_NOT_FOUND: ofNoEndpoint },
  'webhooks.endpoints.ping': { RESOURCE_NOT_FOUND: ofNoEndpoint },
  'webhooks.endpoints.recover': {
    RESOURCE_NOT_FOUND: async (stage) => ({ ...(await ofNoEndpoint()), since: at(stage, -1) }),
    CONFLICT: async (stage) => ({ ...(await newEndpoint(stage, { enabled: false })), since: at(stage, -1) }),
  },
  'webhooks.deliveries.get': { RESOURCE_NOT_FOUND: async () => ({ deliveryId: 'dlv_none' }) },
  'webhooks.deliveries.redeliver': {
    RESOURCE_NOT_FOUND: async () => ({ deliveryId: 'dlv_none' }),
    CONFLICT: async (stage) => {
      const { server, vendor } = stage;
      const { endpointId } = await newEndpoint(stage);
      await vendor.license();
      await server.platform.jobs.runDue();
      await stage.call('webhooks.endpoints.update', { endpointId, enabled: false });
      const { data } = await stage.call('webhooks.deliveries.list', { endpoint_id: endpointId });
      return { deliveryId: (data as unknown as { id: string }[])[0]?.id };
    },
  },
};

// The other limits of plans are counted by a later issue; until then no input can meet this code.
const isProvoked = (name: string, code: ErrorCode) =>
  code !== 'PLAN_LIMIT_REACHED' || name === 'webhooks.endpoints.create';

const documented = contracts.flatMap(({ name, errors }) =>
  errors.filter((code) => isProvoked(name, code)).map((code) => [name, code] as const),
);

it('every error that an operation documents as its own is provoked here', () => {
  const provoked = Object.entries(provocations).flatMap(([name, codes]) =>
    Object.keys(codes).map((code) => `${name} ${code}`),
  );
  expect(provoked.sort()).toEqual(documented.map(([name, code]) => `${name} ${code}`).sort());
});

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);

    describe.each(documented)('%s', (name, code) => {
      it(`answers ${code} where it says so`, async () => {
        const vendor = await createVendor(server);
        const stage: Stage = {
          server,
          vendor,
          call: (operation, input) => door.call(contractOf(operation), input, { key: vendor.admin }),
        };
        const input = await provocations[name]?.[code]?.(stage);
        const answer = await stage.call(name, input ?? {});
        expect(answer.error?.code).toBe(code);
      });
    });
  });
});
