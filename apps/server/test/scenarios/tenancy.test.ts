import {
  activateLicense,
  contract as contracts,
  createWebhookEndpoint,
  keyTypes,
  type ProcedureContract,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { storedInvoice, storedMethod, storedUsage } from '../support/billing.ts';
import { createVendor, licenseRequest, machine, unique, type Vendor } from '../support/builders.ts';
import { type Door, eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { pathOf, sendRaw, withoutMeta } from '../support/raw.ts';
import { allRows } from '../support/tables.ts';
import { type TestServer, useServer } from '../support/test-server.ts';

type Input = Record<string, unknown>;

/** Things of one account by which another could be reached. */
interface Belongings {
  readonly productId: string;
  readonly customerId: string;
  readonly email: string;
  readonly licenseId: string;
  readonly licenseKey: string;
  readonly deviceId: string;
  readonly fingerprint: string;
  readonly apiKeyId: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly deliveryId: string;
  readonly invoiceId: string;
  readonly paymentMethodId: string;
}

/** Right in form, and nobody's. The key has a right checksum, so that it is looked up. */
const nobodys: Belongings = {
  productId: 'prd_01k9zj4t5w8x2y6b3c7d9f1g5h',
  customerId: 'cus_01k9zj4t5w8x2y6b3c7d9f1g5h',
  email: 'nobody@example.com',
  licenseId: 'lic_01k9zj4t5w8x2y6b3c7d9f1g5h',
  licenseKey: '4XQ7M-8RT2K-0ZVWN-6HJ3C-P5DYB-1V',
  deviceId: 'dev_01k9zj4t5w8x2y6b3c7d9f1g5h',
  fingerprint: 'nobodys-machine',
  apiKeyId: 'key_01k9zj4t5w8x2y6b3c7d9f1g5h',
  eventId: 'evt_01k9zj4t5w8x2y6b3c7d9f1g5h',
  endpointId: 'whe_01k9zj4t5w8x2y6b3c7d9f1g5h',
  deliveryId: 'dlv_01k9zj4t5w8x2y6b3c7d9f1g5h',
  invoiceId: 'inv_01k9zj4t5w8x2y6b3c7d9f1g5h',
  paymentMethodId: 'pmt_01k9zj4t5w8x2y6b3c7d9f1g5h',
};

type Reach = (theirs: Belongings, own: Belongings) => Input;
const device = (fingerprint: string) => ({ fingerprint });

/** For each operation: every way in which its input can name something, one at a time. */
const reaches: Record<string, Record<string, Reach>> = {
  'plans.list': {},
  'plans.get': {},
  'billing.subscription.get': {},
  'billing.subscribe': {},
  'billing.upgrade': {},
  'billing.downgrade': {},
  'billing.cancel': {},
  'billing.resume': {},
  'billing.usage.get': {},
  'billing.usage.history': {},
  'billing.invoices.list': {},
  'billing.invoices.get': { invoiceId: ({ invoiceId }) => ({ invoiceId }) },
  'billing.invoices.pdf': { invoiceId: ({ invoiceId }) => ({ invoiceId }) },
  'billing.invoices.pay': { invoiceId: ({ invoiceId }) => ({ invoiceId, mark_paid: true }) },
  'billing.paymentMethods.list': {},
  'billing.paymentMethods.create': {},
  'billing.paymentMethods.delete': { paymentMethodId: ({ paymentMethodId }) => ({ paymentMethodId }) },
  'billing.testClock.advance': {},
  'products.list': {},
  'products.create': {},
  'products.get': { productId: ({ productId }) => ({ productId }) },
  'products.update': { productId: ({ productId }) => ({ productId, name: 'Mine' }) },
  'products.delete': { productId: ({ productId }) => ({ productId }) },
  'customers.list': {
    email: ({ email }) => ({ email }),
    q: ({ customerId }) => ({ q: customerId }),
  },
  'customers.create': {},
  'customers.get': { customerId: ({ customerId }) => ({ customerId }) },
  'customers.update': { customerId: ({ customerId }) => ({ customerId, name: 'Mine' }) },
  'customers.erase': { customerId: ({ customerId }) => ({ customerId }) },
  'customers.licenses': {
    customerId: ({ customerId }) => ({ customerId }),
    product_id: ({ productId }, own) => ({ customerId: own.customerId, product_id: productId }),
  },
  'licenses.list': {
    product_id: ({ productId }) => ({ product_id: productId }),
    customer_id: ({ customerId }) => ({ customer_id: customerId }),
    customer_email: ({ email }) => ({ customer_email: email }),
    key: ({ licenseKey }) => ({ key: licenseKey }),
    q: ({ licenseId }) => ({ q: licenseId }),
  },
  'licenses.create': {
    product_id: ({ productId }) => ({ product_id: productId }),
    customer_id: ({ customerId }, own) => ({ product_id: own.productId, customer_id: customerId }),
  },
  'licenses.createMany': {
    licenses: ({ productId }) => ({ licenses: [{ product_id: productId }] }),
  },
  'licenses.export': {
    product_id: ({ productId }) => ({ product_id: productId }),
    customer_id: ({ customerId }) => ({ customer_id: customerId }),
    customer_email: ({ email }) => ({ customer_email: email }),
    key: ({ licenseKey }) => ({ key: licenseKey }),
    q: ({ licenseId }) => ({ q: licenseId }),
  },
  'licenses.suspend': { licenseId: ({ licenseId }) => ({ licenseId }) },
  'licenses.reinstate': { licenseId: ({ licenseId }) => ({ licenseId }) },
  'licenses.renew': { licenseId: ({ licenseId }) => ({ licenseId, duration_days: 1 }) },
  'licenses.rotateKey': { licenseId: ({ licenseId }) => ({ licenseId }) },
  'licenses.explain': {
    licenseId: ({ licenseId }) => ({ licenseId }),
    device_id: ({ deviceId }, own) => ({ licenseId: own.licenseId, device_id: deviceId }),
  },
  'licenses.get': { licenseId: ({ licenseId }) => ({ licenseId }) },
  'licenses.update': {
    licenseId: ({ licenseId }) => ({ licenseId, notes: 'Mine' }),
    customer_id: ({ customerId }, own) => ({ licenseId: own.licenseId, customer_id: customerId }),
  },
  'licenses.revoke': { licenseId: ({ licenseId }) => ({ licenseId }) },
  'licenses.devices.list': { licenseId: ({ licenseId }) => ({ licenseId }) },
  'licenses.devices.deactivate': {
    licenseId: ({ licenseId, deviceId }) => ({ licenseId, deviceId }),
    deviceId: ({ deviceId }, own) => ({ licenseId: own.licenseId, deviceId }),
  },
  'licenses.issueFile': {
    licenseId: ({ licenseId }, own) => ({ licenseId, request: licenseRequest(own.productId) }),
    request: ({ productId }, own) => ({ licenseId: own.licenseId, request: licenseRequest(productId) }),
    license_id: ({ licenseId }, own) => ({
      licenseId: own.licenseId,
      request: licenseRequest(own.productId, { license_id: licenseId }),
    }),
    replace_device_id: ({ deviceId }, own) => ({
      licenseId: own.licenseId,
      request: licenseRequest(own.productId),
      replace_device_id: deviceId,
    }),
  },
  'activations.activate': {
    license_key: ({ licenseKey }) => ({ license_key: licenseKey, device: machine() }),
    product_id: ({ productId }, own) => ({
      license_key: own.licenseKey,
      product_id: productId,
      device: device(own.fingerprint),
    }),
    replace_device_id: ({ deviceId }, own) => ({
      license_key: own.licenseKey,
      device: device('a-new-machine'),
      replace_device_id: deviceId,
    }),
  },
  'activations.validate': {
    license_key: ({ licenseKey }) => ({ license_key: licenseKey }),
    product_id: ({ productId }, own) => ({ license_key: own.licenseKey, product_id: productId }),
    device: ({ fingerprint }, own) => ({ license_key: own.licenseKey, device: device(fingerprint) }),
  },
  'activations.deactivate': {
    license_key: ({ licenseKey, deviceId }) => ({ license_key: licenseKey, device_id: deviceId }),
    product_id: ({ productId }, own) => ({
      license_key: own.licenseKey,
      product_id: productId,
      device_id: own.deviceId,
    }),
    device_id: ({ deviceId }, own) => ({ license_key: own.licenseKey, device_id: deviceId }),
    device: ({ fingerprint }, own) => ({ license_key: own.licenseKey, device: device(fingerprint) }),
  },
  'activations.trial': { product_id: ({ productId }) => ({ product_id: productId, device: machine() }) },
  'apiKeys.list': {},
  'apiKeys.create': {
    product_ids: ({ productId }) => ({ name: 'App', type: 'channel', product_ids: [productId] }),
  },
  'apiKeys.revoke': { apiKeyId: ({ apiKeyId }) => ({ apiKeyId }) },
  'apiKeys.rotate': { apiKeyId: ({ apiKeyId }) => ({ apiKeyId }) },
  'events.list': { license_id: ({ licenseId }) => ({ license_id: licenseId }) },
  'events.get': { eventId: ({ eventId }) => ({ eventId }) },
  'audit.list': {
    actor_id: ({ apiKeyId }) => ({ actor_id: apiKeyId }),
    target_id: ({ licenseId }) => ({ target_id: licenseId }),
  },
  'webhooks.endpoints.list': {},
  'webhooks.endpoints.create': {},
  'webhooks.endpoints.get': { endpointId: ({ endpointId }) => ({ endpointId }) },
  'webhooks.endpoints.update': { endpointId: ({ endpointId }) => ({ endpointId, description: 'Mine' }) },
  'webhooks.endpoints.delete': { endpointId: ({ endpointId }) => ({ endpointId }) },
  'webhooks.endpoints.rotateSecret': { endpointId: ({ endpointId }) => ({ endpointId }) },
  'webhooks.endpoints.ping': { endpointId: ({ endpointId }) => ({ endpointId }) },
  'webhooks.endpoints.recover': {
    endpointId: ({ endpointId }) => ({ endpointId, since: '2026-01-26T12:00:00.000Z' }),
  },
  'webhooks.deliveries.list': {
    endpoint_id: ({ endpointId }) => ({ endpoint_id: endpointId }),
    event_id: ({ eventId }) => ({ event_id: eventId }),
  },
  'webhooks.deliveries.get': { deliveryId: ({ deliveryId }) => ({ deliveryId }) },
  'webhooks.deliveries.redeliver': { deliveryId: ({ deliveryId }) => ({ deliveryId }) },
};

/** Fields that name nothing of an account. A device describes the machine that asks. */
const harmless =
  /^(limit|cursor|sort|status|type|code|planCode|name|email|company|phone|description|metadata|license_defaults|version|device_limit|features|notes|reason|nonce|device|action|from|to|at|since|as_of|overlap_hours|plan_code|interval|payment_method|dry_run|proration_date|token|return_url|mark_paid|reference|url|events|ordered|enabled|required_features|\w+_(at|after|before|days))$/;

it('the table of this test names every operation, and every field by which one could reach something', () => {
  expect(Object.keys(reaches).sort()).toEqual(contracts.map(({ name }) => name).sort());
  for (const { name, input } of contracts) {
    const fields = Object.keys((input as unknown as { shape: object }).shape);
    const missing = fields.filter((field) => !harmless.test(field) && !reaches[name]?.[field]);
    expect(missing, name).toEqual([]);
  }
});

/**
 * A filter that finds nothing is an empty list, and a wrong key is a verdict. The content of a file is compared with
 * the license and looked up nowhere, so a wrong one is a fault of the request. All else is not found.
 */
const statusOfNothing = ({ name, path }: ProcedureContract, field: string): number => {
  if (name === 'licenses.issueFile' && /^(request|license_id)$/.test(field)) return 400;
  const isFilter = /(list|licenses|export)$/.test(name) && !path.includes(`:${field}`);
  return isFilter || name === 'activations.validate' ? 200 : 404;
};

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let own: Belongings;
    let theirs: Belongings;
    beforeAll(async () => {
      vendor = await createVendor(server);
      own = await furnish(server, door, vendor);
      theirs = await furnish(server, door, await createVendor(server));
    });

    // A stream has a protocol of its own on the tRPC door; its own test covers it there.
    const callable = contracts.filter(({ stream }) => stream === null || door.name === 'rest');
    const cases = callable.flatMap((contract) =>
      Object.entries(reaches[contract.name] ?? {}).map(
        ([field, reach]) => [contract.name, field, contract, reach] as const,
      ),
    );
    it.each(cases)(
      '%s gives a stranger’s %s no other bytes than a made-up one, whatever the type of the key',
      async (_name, field, contract, reach) => {
        const isWrite = contract.method !== 'GET';
        const before = isWrite && (await allRows(server));
        for (const type of contract.keys) {
          const ask = async (belongings: Belongings) => {
            const { status, text } = await send(server, door, contract, reach(belongings, own), vendor[type]);
            return { status, text: neutral(text) };
          };
          const madeUp = await ask(nobodys);
          expect(await ask(theirs)).toEqual(madeUp);
          expect(madeUp.status).toBe(statusOfNothing(contract, field));
        }
        expect(isWrite && (await allRows(server))).toEqual(before);
      },
    );

    it('the same calls succeed with the account’s own things, so the refusals above mean something', async () => {
      const owner = await createVendor(server);
      for (const [name, field, contract, reach] of cases) {
        const belongings = await furnish(server, door, owner);
        const input = reach(belongings, belongings);
        const { status } = await send(server, door, contract, input, owner.admin);
        // A product with licenses cannot be deleted, nor a perpetual license renewed, but they are found.
        const expected = /products.delete|licenses.renew/.test(name) ? [409] : [200, 201];
        expect(expected, `${name} ${field}`).toContain(status);
      }
    });

    describe('lists', () => {
      const lists = contracts.filter(
        ({ output }) => 'pagination' in ((output as never as { shape?: object }).shape ?? {}),
      );

      it.each(lists.map((list) => [list.name, list] as const))(
        '%s never shows another account’s rows',
        async (_name, list) => {
          const path = { customerId: own.customerId, licenseId: own.licenseId };
          const input = Object.fromEntries(
            Object.entries(path).filter(([name]) => list.path.includes(`:${name}`)),
          );
          for (const type of keyTypes.filter((candidate) => list.keys.includes(candidate))) {
            const { text } = await send(server, door, list, { ...input, limit: 100 }, vendor[type]);
            const shown = new Set(text.match(/\b[a-z]{3}_[0-9a-z]{26}\b/g));
            expect(shown.size).toBeGreaterThan(0);
            const foreign = Object.values(theirs).filter((id) => shown.has(id) || text.includes(id));
            expect(foreign).toEqual([]);
          }
        },
      );

      it.each(lists.filter(({ path }) => !path.includes(':')).map((list) => [list.name, list] as const))(
        '%s refuses a cursor of another account',
        async (_name, list) => {
          const stranger = await createVendor(server);
          await furnish(server, door, stranger);
          await furnish(server, door, stranger);
          const page = await door.call(list, { limit: 1 }, { key: stranger.admin });
          const cursor = page.pagination?.next_cursor;
          expect(cursor).toBeTruthy();
          const { status, error } = await door.call(list, { limit: 1, cursor }, { key: vendor.admin });
          expect([status, error]).toMatchObject([
            400,
            { code: 'VALIDATION_ERROR', details: [{ path: 'cursor' }] },
          ]);
        },
      );
    });
  });
});

/** One of everything, with a device that has a seat. */
async function furnish(server: TestServer, door: Door, vendor: Vendor): Promise<Belongings> {
  const product = await vendor.product({ license_defaults: { device_limit: 5, trial_days: 14 } });
  const customer = await vendor.customer();
  const license = await vendor.license({ product_id: product.id, customer_id: customer.id });
  const fingerprint = unique('machine');
  const endpoint = await door.call<{ id: string }>(
    createWebhookEndpoint,
    { url: 'https://hooks.example.com/' },
    { key: vendor.admin },
  );
  const { data } = await door.call<{ device: { id: string } }>(
    activateLicense,
    { license_key: license.key, device: { fingerprint } },
    { key: vendor.channel },
  );
  await server.platform.jobs.runDue();
  await storedUsage(server, vendor);
  const spare = await vendor.channelKey();
  const { id } = await server.platform
    .database('api_keys')
    .where({ account_id: vendor.account_id, last_four: spare.slice(-4) })
    .orderBy('id', 'desc')
    .first('id');
  const event = await server.platform
    .database('events')
    .where({ account_id: vendor.account_id })
    .orderBy('sequence', 'desc')
    .first('id');
  const delivery = await server.platform
    .database('webhook_deliveries')
    .where({ endpoint_id: endpoint.data.id })
    .first('id');
  return {
    productId: product.id,
    customerId: customer.id,
    email: customer.email,
    licenseId: license.id,
    licenseKey: license.key,
    deviceId: data.device.id,
    fingerprint,
    apiKeyId: id,
    eventId: event.id,
    endpointId: endpoint.data.id,
    deliveryId: delivery.id,
    invoiceId: await storedInvoice(server, vendor),
    paymentMethodId: await storedMethod(server, vendor),
  };
}

function send(server: TestServer, door: Door, contract: ProcedureContract, input: Input, key: string) {
  const isQuery = contract.method === 'GET';
  const inPath = [...contract.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const inBody = Object.entries(input).filter(([name]) => door.name === 'trpc' || !inPath.includes(name));
  const hasBody = door.name === 'trpc' ? !isQuery : ['POST', 'PUT'].includes(contract.method);
  return sendRaw(server, pathOf(door, contract, input), {
    method: door.name === 'trpc' ? (isQuery ? 'GET' : 'POST') : contract.method,
    key,
    ...(hasBody && {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Object.fromEntries(inBody)),
    }),
  });
}

/** Without what differs from call to call whoever is asked about: times and request id. */
const neutral = (text: string): string =>
  withoutMeta(text)
    .replace(/"jti":"[^"]*"/g, '')
    .replace(/"server_time":"[^"]*"/g, '');
