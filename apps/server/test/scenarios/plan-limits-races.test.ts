import {
  activateLicense,
  createCustomer,
  createLicense,
  createProduct,
  deactivateLicense,
  type License,
  type Product,
} from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { dataOf } from '../support/billing.ts';
import { machine, unique } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { stormCall, tally, useStorm } from '../support/storm.ts';

/** Processes that call at the same moment, on as many servers as the ground has. */
function races(kind: 'sqlite' | 'postgres', serversCount: number): void {
  const storm = useStorm();
  let database: TestDatabase;
  let servers: ServerProcess[] = [];
  let db: Knex;
  let license: License;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    db = openDatabase(database);
    servers = [await startServer(database)];
    if (kind === 'sqlite') await db.raw('PRAGMA busy_timeout = 20000');
    const { admin_key: key } = start();
    // Limits: 500 customers, 1,500 activations. No call has been made, so that no server knows the plan of before.
    await db('accounts').update({
      ...{ plan_code: 'starter', rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 },
    });
    while (servers.length < serversCount) servers.push(await startServer(database));
    const door = restDoor(() => start().base_url);
    const product = await dataOf(
      door.call<Product>(createProduct, { name: unique('Product') }, { key: key ?? '' }),
    );
    const terms = { product_id: product.id, device_limit: 10_000 };
    license = await dataOf(door.call<License>(createLicense, terms, { key: key ?? '' }));
  });
  afterAll(async () => {
    await db?.destroy();
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    await database?.remove();
  });
  const start = () => {
    const [first] = servers;
    if (!first) throw new Error('No server runs.');
    return first.start;
  };

  /** As if the plan were used so far that this many places are left. */
  const leave = async (places: { customers?: number; activations?: number }) => {
    const { customers = 500, activations = 1500 } = places;
    const used = { customers: 500 - customers, activations: 1500 - activations };
    await db('account_counters').update(used);
    return used;
  };
  beforeEach(() => leave({}));
  const gauges = () => db('account_counters').first('customers', 'activations');
  let turn = 0;
  const call = (...[contract, body, lane]: [Parameters<typeof stormCall>[1], unknown, string?]) => {
    const { admin_key, channel_key } = start();
    const url = servers[turn++ % servers.length]?.start.base_url ?? '';
    const key = contract === createCustomer ? admin_key : channel_key;
    return stormCall(url, contract, key ?? '', body, lane);
  };
  const activation = (device = machine()) =>
    call(activateLicense, { license_key: license.key, device }, device.fingerprint);

  it('200 creations at once where 100 places are left are exactly 100', async () => {
    await leave({ customers: 100 });
    const calls = Array.from({ length: 200 }, () =>
      call(createCustomer, { email: `${unique('c')}@example.com` }),
    );
    expect(tally(await storm.fire(calls))).toEqual({ 201: 100, PLAN_LIMIT_REACHED: 100 });
    const [row] = await db('customers').count({ n: '*' });
    expect([Number(row?.['n']), (await gauges()).customers]).toEqual([100, 500]);
  });

  it('100 machines at once where 50 places are left are exactly 50 activations, and no app learns a number', async () => {
    const before = await db('devices').where({ deactivated_at: null });
    await leave({ activations: 50 });
    const answers = await storm.fire(Array.from({ length: 100 }, () => activation()));
    expect(tally(answers)).toEqual({ activated: 50, PLAN_LIMIT_REACHED: 50 });
    const after = await db('devices').where({ deactivated_at: null });
    expect(after.length - before.length).toBe(50);
    expect((await gauges()).activations).toBe(1500);
    const refusals = answers.flatMap(({ body }) => (body.error ? [JSON.stringify(body.error)] : []));
    expect([...new Set(refusals)]).toEqual([
      JSON.stringify({
        code: 'PLAN_LIMIT_REACHED',
        message: 'The limit of the subscribed plan is reached.',
      }),
    ]);
  });

  it('a storm of machines that come and go on the last 3 places leaves the gauge where it was', async () => {
    const used = await leave({ activations: 3 });
    const lanes = Array.from({ length: 16 }, () => machine());
    const calls = Array.from({ length: 5 }, () =>
      lanes.flatMap((device) => [
        activation(device),
        call(deactivateLicense, { license_key: license.key, device }, device.fingerprint),
      ]),
    ).flat();
    let most = 0;
    let isRunning = true;
    const running = storm.fire(calls).finally(() => {
      isRunning = false;
    });
    while (isRunning) most = Math.max(most, (await gauges()).activations);
    const outcomes = tally(await running);
    const expected = /^(activated|deactivated|already_deactivated|PLAN_LIMIT_REACHED|RESOURCE_NOT_FOUND)$/;
    expect(Object.keys(outcomes).filter((outcome) => !expected.test(outcome))).toEqual([]);
    expect(outcomes['activated']).toBe(outcomes['deactivated']);
    expect(outcomes['activated']).toBeGreaterThan(3);
    expect(most).toBeLessThanOrEqual(1500);
    expect((await gauges()).activations).toBe(used.activations);
  });
}

eachDatabase((kind) => describe('with one server', () => races(kind, 1)));
describe('on postgres with two servers', () => races('postgres', 2));
