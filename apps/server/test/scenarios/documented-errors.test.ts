import {
  type Customer,
  contract as contracts,
  type ErrorCode,
  type License,
  type PlanMetric,
} from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { dayMs, toTimestamp } from '../../src/platform/clock.ts';
import type { Answer } from '../support/answer.ts';
import { createTestVendor } from '../support/billing.ts';
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

/** The account has all that the plan `starter` allows of a metric, and more. */
async function reachLimit({ server, vendor }: Stage, metric: PlanMetric): Promise<void> {
  const { uow, database } = server.platform;
  await uow.runInternal((tx) => tx.accounts.change(vendor.account_id, { plan_code: 'starter' }));
  await database('account_counters')
    .where({ account_id: vendor.account_id })
    .update({ [metric]: 1_000_000 });
}
const atLimit =
  (metric: PlanMetric, input: Provocation): Provocation =>
  async (stage) => {
    const asked = await input(stage);
    await reachLimit(stage, metric);
    return asked;
  };

const aMonth = (plan_code: string) => ({ plan_code, interval: 'month' });
/** Subscribed, and in its trial. */
const trialing = (stage: Stage) => stage.call('billing.subscribe', aMonth('starter'));
/** Its trial is over, and paid. */
const paying = async (stage: Stage) => {
  await stage.call('billing.paymentMethods.create', { token: 'test_ok' });
  const { data } = await trialing(stage);
  await stage.call('billing.testClock.advance', { to: data['trial_end'] });
};
const onTrial = (plan_code: string) => async (stage: Stage) => {
  await trialing(stage);
  return { plan_code };
};
/** It had its trial, and has ended. */
const ended = async (stage: Stage) => {
  await trialing(stage);
  await stage.call('billing.cancel', { at: 'now' });
};
const invoiceOf = async (stage: Stage, status: string) => {
  const { data } = await stage.call('billing.invoices.list', { status });
  return { invoiceId: (data as unknown as { id: string }[])[0]?.id };
};
/** A change of plan that waits for its payer. */
const unpaidChange = async (stage: Stage) => {
  await paying(stage);
  await stage.call('billing.paymentMethods.create', { token: 'test_requires_action' });
  await stage.call('billing.upgrade', { plan_code: 'growth' });
  return invoiceOf(stage, 'draft');
};
const ofNoInvoice = async () => ({ invoiceId: 'inv_none' });

/** These are met by an account that has its plan by contract; the others of billing by a test account. */
const metByContract = [
  ...['billing.cancel CONFLICT', 'billing.resume CONFLICT'],
  ...['billing.paymentMethods.create CONFLICT', 'billing.testClock.advance CONFLICT'],
];

/** For each error that an operation documents as its own: an input that meets it, made from what it needs. */
const provocations: Record<string, Partial<Record<ErrorCode, Provocation>>> = {
  'plans.get': { RESOURCE_NOT_FOUND: async () => ({ planCode: 'gold' }) },
  'billing.subscription.get': { RESOURCE_NOT_FOUND: async () => ({}) },
  'billing.subscribe': {
    PAYMENT_REQUIRED: async (stage) => {
      await ended(stage);
      return aMonth('starter');
    },
    RESOURCE_NOT_FOUND: async () => aMonth('none'),
    CONFLICT: async () => aMonth('enterprise'),
  },
  'billing.upgrade': {
    PAYMENT_REQUIRED: async (stage) => {
      await paying(stage);
      await stage.call('billing.paymentMethods.create', { token: 'test_declined' });
      return { plan_code: 'growth' };
    },
    SUBSCRIPTION_INACTIVE: async () => ({ plan_code: 'growth' }),
    RESOURCE_NOT_FOUND: onTrial('none'),
    CONFLICT: onTrial('starter'),
  },
  'billing.downgrade': {
    SUBSCRIPTION_INACTIVE: async () => ({ plan_code: 'starter' }),
    RESOURCE_NOT_FOUND: onTrial('none'),
    CONFLICT: onTrial('starter'),
  },
  'billing.cancel': { RESOURCE_NOT_FOUND: async () => ({}), CONFLICT: async () => ({}) },
  'billing.resume': {
    SUBSCRIPTION_INACTIVE: async (stage) => {
      await ended(stage);
      return {};
    },
    RESOURCE_NOT_FOUND: async () => ({}),
    CONFLICT: async () => ({}),
  },
  'billing.invoices.get': { RESOURCE_NOT_FOUND: ofNoInvoice },
  'billing.invoices.pdf': { RESOURCE_NOT_FOUND: ofNoInvoice, CONFLICT: unpaidChange },
  'billing.invoices.pay': {
    PAYMENT_REQUIRED: async (stage) => {
      await ended(stage);
      await stage.call('billing.subscribe', aMonth('starter'));
      return invoiceOf(stage, 'open');
    },
    RESOURCE_NOT_FOUND: ofNoInvoice,
    CONFLICT: unpaidChange,
  },
  'billing.paymentMethods.create': {
    PAYMENT_REQUIRED: async () => ({ token: 'made_up' }),
    CONFLICT: async () => ({ token: 'made_up' }),
  },
  'billing.paymentMethods.delete': { RESOURCE_NOT_FOUND: async () => ({ paymentMethodId: 'pmt_none' }) },
  'billing.testClock.advance': { CONFLICT: async (stage) => ({ to: at(stage, 1) }) },
  'products.create': {
    PLAN_LIMIT_REACHED: atLimit('products', async () => ({ name: 'One more' })),
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
    PLAN_LIMIT_REACHED: atLimit('customers', async () => ({ email: `${unique('more')}@example.com` })),
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
    PLAN_LIMIT_REACHED: atLimit('licenses', async ({ vendor }) => ({
      product_id: (await vendor.product()).id,
    })),
    RESOURCE_NOT_FOUND: async () => ({ product_id: 'prd_none' }),
    CONFLICT: async ({ vendor }) => ({ product_id: (await vendor.product({ status: 'archived' })).id }),
  },
  'licenses.createMany': {
    PLAN_LIMIT_REACHED: atLimit('licenses', async ({ vendor }) => ({
      licenses: [{ product_id: (await vendor.product()).id }],
    })),
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
    PLAN_LIMIT_REACHED: atLimit('activations', async ({ vendor }) => fileFor(await vendor.license())),
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
    PLAN_LIMIT_REACHED: atLimit('activations', async ({ vendor }) => activation(await vendor.license())),
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
    PLAN_LIMIT_REACHED: atLimit('api_keys', async () => ({ name: 'One more', type: 'channel' })),
    RESOURCE_NOT_FOUND: async () => ({ name: 'x', type: 'channel', product_ids: ['prd_none'] }),
  },
  'events.get': { RESOURCE_NOT_FOUND: async () => ({ eventId: 'evt_none' }) },
  'apiKeys.rotate': {
    // One that was rotated already does not count any more, so another beside it does.
    PLAN_LIMIT_REACHED: atLimit('api_keys', async (stage) => {
      const { data } = await stage.call('apiKeys.create', { name: 'x', type: 'channel' });
      await stage.call('apiKeys.rotate', { apiKeyId: data['id'], overlap_hours: 24 });
      return { apiKeyId: data['id'], overlap_hours: 24 };
    }),
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
    PLAN_LIMIT_REACHED: atLimit('webhook_endpoints', async () => ({ url: hooks })),
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

const documented = contracts.flatMap(({ name, errors }) => errors.map((code) => [name, code] as const));

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
        const isOwn = name.startsWith('billing.') && !metByContract.includes(`${name} ${code}`);
        const vendor = await (isOwn ? createTestVendor(server) : createVendor(server));
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
