import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type License, ThriveAdmin, ThriveError } from '../../src/admin/index.ts';
import { type RealServer, startRealServer } from '../support/server-process.ts';

let server: RealServer;
let admin: ThriveAdmin;
beforeAll(async () => {
  server = await startRealServer();
  admin = new ThriveAdmin({ baseUrl: server.baseUrl, apiKey: server.adminKey });
});
afterAll(() => server.remove());

const newEmail = () => `${randomUUID()}@example.com`;
const newProduct = (more: object = {}) => admin.products.create({ name: 'Product', ...more });
const machine = (name: string) => ({ fingerprint: `fingerprint-of-${name}` });
async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
const ids = (things: readonly { id: string }[]) => things.map(({ id }) => id);

describe('every group of operations works against a server', () => {
  test('plans', async () => {
    const [first] = await admin.plans.list();
    expect(await admin.plans.get({ planCode: first?.code ?? '' })).toEqual(first);
  });

  test('products', async () => {
    const product = await newProduct({ license_defaults: { device_limit: 2 } });
    const changed = await admin.products.update({
      productId: product.id,
      status: 'archived',
      version: product.version,
    });
    expect(changed).toMatchObject({ id: product.id, status: 'archived', version: product.version + 1 });
    expect(await admin.products.get({ productId: product.id })).toEqual(changed);
    expect(ids((await admin.products.list({ status: 'archived' })).items)).toContain(product.id);
    expect(await admin.products.delete({ productId: product.id })).toEqual({ id: product.id, deleted: true });
  });

  test('customers and their licenses', async () => {
    const customer = await admin.customers.create({ email: newEmail(), name: 'Grace' });
    const product = await newProduct();
    const made = await admin.licenses.create({ product_id: product.id, customer_id: customer.id });
    const changed = await admin.customers.update({ customerId: customer.id, company: 'Navy' });
    expect(await admin.customers.get({ customerId: customer.id })).toEqual(changed);
    expect(ids((await admin.customers.list({ q: customer.email })).items)).toEqual([customer.id]);
    expect(ids((await admin.customers.licenses({ customerId: customer.id })).items)).toEqual([made.id]);
    expect(ids(await collect(admin.customers.iterateLicenses({ customerId: customer.id })))).toEqual([
      made.id,
    ]);
    expect(await admin.customers.erase({ customerId: customer.id })).toMatchObject({ erased: true });
  });

  test('licenses through their life', async () => {
    const product = await newProduct();
    const made = await admin.licenses.create({
      product_id: product.id,
      type: 'timed',
      duration_days: 30,
      features: { export: true, seats: 3, edition: 'pro' },
    });
    const licenseId = made.id;
    expect(await admin.licenses.suspend({ licenseId, reason: 'unpaid' })).toMatchObject({
      status: 'suspended',
    });
    expect(await admin.licenses.reinstate({ licenseId })).toMatchObject({ status: 'active' });
    const renewed = await admin.licenses.renew({ licenseId, duration_days: 10, from: 'expiry' });
    expect(Date.parse(renewed.expires_at ?? '') - Date.parse(made.expires_at ?? '')).toBe(10 * 86_400_000);
    expect((await admin.licenses.rotateKey({ licenseId })).key).not.toBe(made.key);
    expect(await admin.licenses.update({ licenseId, device_limit: 7, notes: null })).toMatchObject({
      device_limit: 7,
    });
    expect(await admin.licenses.explain({ licenseId })).toMatchObject({ license_id: licenseId });
    expect(await admin.licenses.revoke({ licenseId })).toMatchObject({ status: 'revoked' });
    expect(await admin.licenses.get({ licenseId })).toMatchObject({
      features: made.features,
      status: 'revoked',
    });
    const { licenses } = await admin.licenses.createMany({
      licenses: [{ product_id: product.id }, { product_id: product.id }],
    });
    expect(licenses).toHaveLength(2);
  });

  test('activations and the devices of a license', async () => {
    const product = await newProduct({ license_defaults: { trial_days: 14 } });
    const { id: licenseId, key: license_key } = await admin.licenses.create({ product_id: product.id });
    const device = machine('grace');
    const { device: seat } = await admin.activations.activate({ license_key, device });
    expect(await admin.activations.validate({ license_key, device })).toMatchObject({ valid: true });
    expect(ids((await admin.licenses.devices.list({ licenseId })).items)).toEqual([seat.id]);
    expect(ids(await collect(admin.licenses.devices.iterate({ licenseId })))).toEqual([seat.id]);
    expect(await admin.licenses.devices.deactivate({ licenseId, deviceId: seat.id })).toMatchObject({
      status: 'deactivated',
    });
    expect(await admin.activations.deactivate({ license_key, device })).toMatchObject({
      result: 'already_deactivated',
    });
    expect(await admin.activations.trial({ product_id: product.id, device })).toMatchObject({
      result: 'started',
    });
  });

  test('API keys', async () => {
    const made = await admin.apiKeys.create({ name: 'reports', type: 'read_only' });
    const reader = new ThriveAdmin({ baseUrl: server.baseUrl, apiKey: made.key });
    await expect(reader.products.create({ name: 'no' })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    expect((await reader.licenses.list({ limit: 1 })).items[0]?.key).toMatch(/[*•]/);
    const next = await admin.apiKeys.rotate({ apiKeyId: made.id, overlap_hours: 0 });
    await expect(reader.plans.list()).rejects.toMatchObject({ code: 'INVALID_TOKEN', status: 401 });
    expect(await admin.apiKeys.revoke({ apiKeyId: next.id })).toMatchObject({ status: 'revoked' });
    expect(ids(await collect(admin.apiKeys.iterate({ type: 'read_only' })))).toContain(next.id);
  });

  test('events and audit', async () => {
    const { id } = await admin.licenses.create({ product_id: server.productId });
    const { items } = await admin.events.list({ license_id: id });
    expect(items.map(({ type }) => type)).toEqual(['license.created']);
    expect(await admin.events.get({ eventId: items[0]?.id ?? '' })).toEqual(items[0]);
    expect((await admin.audit.list({ target_id: id })).items).toMatchObject([{ target_id: id }]);
  });
});

test('every list that needs nothing gives a page of every group there is, also of those to come', async () => {
  const asked: string[] = [];
  for (const [name, group] of Object.entries(admin)) {
    const { list } = group as { list?: (input: object) => Promise<unknown> };
    if (typeof list !== 'function') continue;
    await list.call(group, {});
    asked.push(name);
  }
  expect(asked).toEqual(
    expect.arrayContaining(['plans', 'products', 'licenses', 'apiKeys', 'events', 'audit']),
  );
});

describe('a list of more than three pages', () => {
  test('is read whole, in order, although licenses come and go meanwhile', async () => {
    const product = await newProduct();
    const create = () => admin.licenses.create({ product_id: product.id });
    const made: License[] = [];
    for (let n = 0; n < 11; n += 1) made.push(await create());

    const seen: string[] = [];
    for await (const { id } of admin.licenses.iterate({
      product_id: product.id,
      sort: 'created_at',
      limit: 3,
    })) {
      seen.push(id);
      if (seen.length === 4) await admin.licenses.revoke({ licenseId: made[0]?.id ?? '' });
      if (seen.length === 5) made.push(await create());
    }
    expect(seen).toEqual(ids(made));

    const first = await admin.licenses.list({ product_id: product.id, limit: 5 });
    expect(first.items).toHaveLength(5);
    expect(first.pagination).toMatchObject({ limit: 5, has_more: true });
    const { next_cursor } = first.pagination;
    const second = await admin.licenses.list({ product_id: product.id, limit: 5, cursor: next_cursor ?? '' });
    expect(ids(second.items)).not.toContain(first.items[0]?.id);
  });
});

test('an export comes as CSV, and no key is in it', async () => {
  const product = await newProduct();
  const { key } = await admin.licenses.create({ product_id: product.id, notes: 'ünïcødé, "quoted"' });
  const csv = (await collect(admin.licenses.export({ product_id: product.id }))).join('');
  const rows = csv.trimEnd().split(/\r?\n/);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatch(/^id,key,product_id,/);
  expect(rows[1]).toContain('"ünïcødé, ""quoted"""');
  expect(csv).not.toContain(key);
  await expect(collect(admin.licenses.export({ product_id: '!' }))).rejects.toMatchObject({
    code: 'VALIDATION_ERROR',
  });
});

test('an error names the request in the log of the server, and says what to do', async () => {
  const error = await admin.licenses.get({ licenseId: 'lic_unknown' }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ThriveError);
  expect(error).toMatchObject({ code: 'RESOURCE_NOT_FOUND', status: 404, retryable: false });
  expect(error).toMatchObject({ requestId: expect.stringMatching(/^req_/), action: expect.any(String) });
  await expect(
    admin.licenses.create({ product_id: server.productId, device_limit: 0 }),
  ).rejects.toMatchObject({
    code: 'VALIDATION_ERROR',
    details: [{ path: 'device_limit' }],
  });
});

describe('a request whose answer is lost is done once', () => {
  /** The requests arrive; of the first so many the answer does not. */
  function losing(answers: number, instead: () => Response | Promise<never>, retriesMax = 2) {
    let tries = 0;
    const replayed: (string | null)[] = [];
    const client = new ThriveAdmin({
      baseUrl: server.baseUrl,
      apiKey: server.adminKey,
      retriesMax,
      // Time that does not pass: pauses are over at once, and nothing takes too long.
      clock: {
        now: Date.now,
        after: (delayMs, callback) => {
          const timer = delayMs < 10_000 ? setImmediate(callback) : undefined;
          return () => timer && clearImmediate(timer);
        },
      },
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        tries += 1;
        if (tries <= answers) return instead();
        replayed.push(response.headers.get('idempotency-replayed'));
        return response;
      },
    });
    return { client, replayed, tries: () => tries };
  }
  const lost = [
    ['the connection breaks', () => Promise.reject(new TypeError('fetch failed'))],
    ['a proxy says 502', () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['a proxy limits the rate', () => new Response('', { status: 429, headers: { 'retry-after': '1' } })],
  ] as const;

  test.each(lost)('a POST: %s', async (_name, instead) => {
    const { client, replayed, tries } = losing(2, instead);
    const email = newEmail();
    const customer = await client.customers.create({ email });
    expect(customer).toMatchObject({ email });
    expect(tries()).toBe(3);
    expect(replayed).toEqual(['true']);
    expect(ids((await admin.customers.list({ q: email })).items)).toEqual([customer.id]);
  });

  test.each(lost)('a PUT, which else would meet its own version: %s', async (_name, instead) => {
    const product = await newProduct();
    const { client } = losing(1, instead);
    const changed = await client.products.update({
      productId: product.id,
      name: 'Renamed',
      version: product.version,
    });
    expect(changed.version).toBe(product.version + 1);
  });

  test.each(lost)('a GET and a DELETE need nothing: %s', async (_name, instead) => {
    const { id: licenseId, key: license_key } = await admin.licenses.create({ product_id: server.productId });
    const { device } = await admin.activations.activate({ license_key, device: machine('ada') });
    expect(await losing(2, instead).client.licenses.get({ licenseId })).toMatchObject({ devices_used: 1 });
    const deviceId = device.id;
    expect(
      await losing(2, instead).client.licenses.devices.deactivate({ licenseId, deviceId }),
    ).toMatchObject({
      status: 'deactivated',
    });
  });

  test('with a key of the caller, also by another client after a crash, and by ten at the same time', async () => {
    const idempotencyKey = `order-${newEmail()}`;
    const input = { product_id: server.productId, notes: idempotencyKey };
    const clients = Array.from({ length: 10 }, () => losing(0, () => new Response(), 100).client);
    const answers = await Promise.all(
      clients.map((client) => client.licenses.create(input, { idempotencyKey })),
    );
    expect(new Set(ids(answers)).size).toBe(1);
    expect(await admin.licenses.create(input, { idempotencyKey })).toEqual(answers[0]);
  });
});
