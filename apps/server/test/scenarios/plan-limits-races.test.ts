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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataOf } from '../support/billing.ts';
import { machine, unique } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { usePlanFile } from '../support/plan-file.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { stormCall, tally, useStorm } from '../support/storm.ts';

/** Processes that call at the same moment, on as many servers as the ground has. */
function races(kind: 'sqlite' | 'postgres', serversCount: number): void {
  const storm = useStorm();
  // The first account is on this plan.
  const planFile = usePlanFile({ enterprise: { customers: 100, activations: 50 } });
  let database: TestDatabase;
  let servers: ServerProcess[] = [];
  let db: Knex;
  let license: License;
  beforeAll(async () => {
    database = await createTestDatabase(kind);
    db = openDatabase(database);
    const startOne = () => startServer(database, { PLAN_FILE: planFile });
    servers = [await startOne()];
    while (servers.length < serversCount) servers.push(await startOne());
    if (kind === 'sqlite') await db.raw('PRAGMA busy_timeout = 20000');
    const { admin_key: key } = start();
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

  const gauges = () => db('account_counters').first('customers', 'activations');
  let turn = 0;
  const call = (...[contract, body, lane]: [Parameters<typeof stormCall>[1], unknown, string?]) => {
    const { admin_key, channel_key } = start();
    const url = servers[turn++ % servers.length]?.start.base_url ?? '';
    const key = contract === createCustomer ? admin_key : channel_key;
    return stormCall(url, contract, key ?? '', body, lane);
  };
  const activation = (device: ReturnType<typeof machine>) =>
    call(activateLicense, { license_key: license.key, device }, device.fingerprint);
  const deactivation = (device: ReturnType<typeof machine>) =>
    call(deactivateLicense, { license_key: license.key, device }, device.fingerprint);

  it('200 creations at once on a plan for 100 are exactly 100', async () => {
    const calls = Array.from({ length: 200 }, () =>
      call(createCustomer, { email: `${unique('c')}@example.com` }),
    );
    expect(tally(await storm.fire(calls))).toEqual({ 201: 100, PLAN_LIMIT_REACHED: 100 });
    const [row] = await db('customers').count({ n: '*' });
    expect([Number(row?.['n']), (await gauges()).customers]).toEqual([100, 100]);
  });

  it('100 machines at once on a plan for 50 are exactly 50 activations, and no app learns a number', async () => {
    const machines = Array.from({ length: 100 }, () => machine());
    const answers = await storm.fire(machines.map(activation));
    expect(tally(answers)).toEqual({ activated: 50, PLAN_LIMIT_REACHED: 50 });
    const active = await db('devices').where({ deactivated_at: null });
    expect([active.length, (await gauges()).activations]).toEqual([50, 50]);
    const refusals = answers.flatMap(({ body }) => (body.error ? [JSON.stringify(body.error)] : []));
    expect([...new Set(refusals)]).toEqual([
      JSON.stringify({
        code: 'PLAN_LIMIT_REACHED',
        message: 'The limit of the subscribed plan is reached.',
      }),
    ]);
    await storm.fire(machines.filter((_machine, n) => answers[n]?.body.data).map(deactivation));
    expect((await gauges()).activations).toBe(0);
  });

  it('a storm of machines that come and go on the last 3 places never exceeds the plan', async () => {
    await storm.fire(Array.from({ length: 47 }, () => activation(machine())));
    const lanes = Array.from({ length: 16 }, () => machine());
    const calls = Array.from({ length: 5 }, () =>
      lanes.flatMap((device) => [activation(device), deactivation(device)]),
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
    expect(most).toBeLessThanOrEqual(50);
    expect((await gauges()).activations).toBe(47);
  });
}

eachDatabase((kind) => describe('with one server', () => races(kind, 1)));
describe('on postgres with two servers', () => races('postgres', 2));
