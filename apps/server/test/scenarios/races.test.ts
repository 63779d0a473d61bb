import {
  activateLicense,
  createCustomer,
  createLicense,
  createProduct,
  deactivateLicense,
  type License,
  type Product,
  startTrial,
} from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parts } from '../support/app.ts';
import { createVendor, machine, unique } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { expectEventsInOrder, expectSeatsInOrder, watchSeats } from '../support/seat-invariants.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { stormCall, tally, useStorm } from '../support/storm.ts';
import { useServer } from '../support/test-server.ts';

/** Where a race runs: one or more servers on one database. */
interface Ground {
  readonly urls: () => string[];
  readonly admin: () => string;
  readonly channel: () => string;
  readonly db: () => Knex;
}

function races(ground: Ground): void {
  const storm = useStorm();
  const times = <T>(count: number, make: (n: number) => T): T[] =>
    Array.from({ length: count }, (_t, n) => make(n));

  const create = async <Data>(contract: typeof createProduct | typeof createLicense, fields: object) => {
    const door = restDoor(() => ground.urls()[0] ?? '');
    const answer = await door.call<Data>(
      contract as typeof createProduct,
      { ...fields },
      { key: ground.admin() },
    );
    expect(answer.error).toBeUndefined();
    return answer.data;
  };
  const newProduct = (license_defaults: object) =>
    create<Product>(createProduct, { name: unique('Product'), license_defaults });
  const newLicense = async (fields: object, defaults: object = {}) =>
    create<License>(createLicense, { product_id: (await newProduct(defaults)).id, ...fields });

  // Calls take turns among the servers, so that neighbours meet on different ones.
  let turn = 0;
  const call = (...[contract, body, lane]: [Parameters<typeof stormCall>[1], unknown, string?]) => {
    const urls = ground.urls();
    const key = contract === createCustomer ? ground.admin() : ground.channel();
    return stormCall(urls[turn++ % urls.length] ?? '', contract, key, body, lane);
  };
  const activeOn = (license_id: string) =>
    ground.db()('devices').where({ license_id, deactivated_at: null }).orderBy('seat');
  const eventsOf = (license_id: string): Promise<string[]> =>
    ground.db()('events').where({ license_id }).orderBy('sequence').pluck('type');

  it('50 machines at once on a limit of 3 are exactly 3 activations and 47 refusals', async () => {
    const license = await newLicense({ device_limit: 3 });
    const calls = times(50, () => call(activateLicense, { license_key: license.key, device: machine() }));
    expect(tally(await storm.fire(calls))).toEqual({ activated: 3, DEVICE_LIMIT_REACHED: 47 });
    expect((await activeOn(license.id)).map(({ seat }) => seat)).toEqual([1, 2, 3]);
    await expectSeatsInOrder(ground.db());
    expect(await eventsOf(license.id)).toEqual(['license.created', ...times(3, () => 'license.activated')]);
  });

  it('one machine 50 times at once takes one seat, with one event', async () => {
    const license = await newLicense({ device_limit: 3 });
    const device = machine(unique('machine'), { components: parts(unique('serial')) });
    const calls = times(50, () => call(activateLicense, { license_key: license.key, device }));
    const answers = await storm.fire(calls);
    expect(tally(answers)).toEqual({ activated: 1, already_active: 49 });
    expect(new Set(answers.map(({ body }) => body.data.device.id)).size).toBe(1);
    expect(await activeOn(license.id)).toHaveLength(1);
    expect(await eventsOf(license.id)).toEqual(['license.created', 'license.activated']);
  });

  it('one machine that calls itself differently each time, at once, still cannot exceed the limit', async () => {
    const license = await newLicense({ device_limit: 2 });
    const components = parts(unique('serial'));
    const calls = times(20, () =>
      call(activateLicense, { license_key: license.key, device: machine(unique('machine'), { components }) }),
    );
    const outcomes = tally(await storm.fire(calls));
    expect(Object.keys(outcomes).filter((code) => !/activated|recovered|DEVICE_LIMIT/.test(code))).toEqual(
      [],
    );
    await expectSeatsInOrder(ground.db());
  });

  it('in a storm of activations and deactivations nobody ever reads more devices than the limit', async () => {
    const license = await newLicense({ device_limit: 4 });
    const license_key = license.key;
    const lanes = times(16, () => machine());
    const calls = times(6, () =>
      lanes.flatMap((device) => [
        call(activateLicense, { license_key, device }, device.fingerprint),
        call(deactivateLicense, { license_key, device }, device.fingerprint),
      ]),
    ).flat();
    const running = storm.fire(calls);
    const looks = await watchSeats(ground.db(), running);
    expect(looks).toBeGreaterThan(5);
    const outcomes = tally(await running);
    const expected = [
      'activated',
      'deactivated',
      'already_deactivated',
      'DEVICE_LIMIT_REACHED',
      'RESOURCE_NOT_FOUND',
    ];
    expect(Object.keys(outcomes).filter((code) => !expected.includes(code))).toEqual([]);
    expect(outcomes['activated']).toBe(outcomes['deactivated']);
    expect(await activeOn(license.id)).toEqual([]);
  });

  it('parallel first activations set the expiry once, and every answer says the same end', async () => {
    const license = await newLicense(
      { device_limit: 20 },
      { type: 'timed', duration_days: 30, expiry_basis: 'first_activation' },
    );
    const calls = times(20, () => call(activateLicense, { license_key: license.key, device: machine() }));
    const answers = await storm.fire(calls);
    expect(tally(answers)).toEqual({ activated: 20 });
    const ends = new Set(answers.map(({ body }) => body.data.license.expires_at));
    const row = await ground.db()('licenses').where({ id: license.id }).first();
    expect([...ends]).toEqual([new Date(Number(row.expires_at)).toISOString()]);
    expect(row.expires_at).toBe(row.first_activated_at + 30 * 86_400_000);
  });

  it('20 trials of one machine at once are one license', async () => {
    const product = await newProduct({ trial_days: 14 });
    const components = parts(unique('serial'));
    const device = machine(unique('machine'), { components });
    const calls = times(20, () => call(startTrial, { product_id: product.id, device }));
    const answers = await storm.fire(calls);
    expect(tally(answers)).toEqual({ started: 1, existing: 19 });
    const [only, ...others] = await ground.db()('licenses').where({ product_id: product.id });
    expect(others).toEqual([]);
    expect(await eventsOf(only.id)).toEqual(['license.created', 'license.activated']);
  });

  it('20 machines that replace the same device at once: one gets its seat', async () => {
    const license = await newLicense({ device_limit: 1 });
    const license_key = license.key;
    const [first] = await storm.fire([call(activateLicense, { license_key, device: machine() })]);
    const replace_device_id = first?.body.data.device.id;
    const calls = times(20, () =>
      call(activateLicense, { license_key, device: machine(), replace_device_id }),
    );
    expect(tally(await storm.fire(calls))).toEqual({ replaced: 1, DEVICE_LIMIT_REACHED: 19 });
    expect(await eventsOf(license.id)).toEqual([
      'license.created',
      'license.activated',
      'license.deactivated',
      'license.activated',
    ]);
  });

  it('50 creations of one customer at once are one customer', async () => {
    const email = `${unique('Ada')}@example.com`;
    const calls = times(50, (n) => call(createCustomer, { email: n % 2 ? email : email.toUpperCase() }));
    const answers = await storm.fire(calls);
    expect(tally(answers)).toEqual({ 201: 1, CONFLICT: 49 });
    const rows = await ground.db()('customers').where({ email_folded: email.toLowerCase() });
    expect(rows).toHaveLength(1);
  });

  it('after all of this the events have no gap, and tell of every seat exactly once', async () => {
    await expectSeatsInOrder(ground.db());
    await expectEventsInOrder(ground.db());
  });
}

eachDatabase((kind) => {
  describe('with one server', () => {
    const server = useServer(kind);
    let keys: { admin: string; channel: string };
    beforeAll(async () => {
      keys = await createVendor(server);
    });
    races({
      urls: () => [server.baseUrl],
      admin: () => keys.admin,
      channel: () => keys.channel,
      db: () => server.platform.database,
    });
  });
});

describe('on postgres with two server processes', () => {
  let database: TestDatabase;
  let servers: ServerProcess[] = [];
  let db: Knex;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    servers = [await startServer(database)];
    servers.push(await startServer(database));
    db = openDatabase(database);
  });
  afterAll(async () => {
    await db?.destroy();
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    await database?.remove();
  });
  races({
    urls: () => servers.map(({ start }) => start.base_url),
    admin: () => servers[0]?.start.admin_key ?? '',
    channel: () => servers[0]?.start.channel_key ?? '',
    db: () => db,
  });
});
