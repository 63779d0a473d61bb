import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type AppProcess, startApp } from '../support/app-process.ts';
import { type RealServer, startRealServer } from '../support/server-process.ts';

let server: RealServer;
let directory: string;
let license: { id: string; key: string };
beforeAll(async () => {
  server = await startRealServer();
});
afterAll(() => server.remove());
beforeEach(async () => {
  const { productId: product_id } = server;
  license = await server.admin('POST', '/licenses', { product_id, device_limit: 2 });
  directory = mkdtempSync(join(tmpdir(), 'thrive-app-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
});

async function start(count: number): Promise<AppProcess[]> {
  const { baseUrl, channelKey, productId, rootKeys } = server;
  const options = { baseUrl, channelKey, productId, rootKeys };
  const apps = await Promise.all(Array.from({ length: count }, () => startApp(options, directory)));
  onTestFinished(async () => void (await Promise.all(apps.map((app) => app.end()))));
  return apps;
}
const seatsUsed = async () =>
  (await server.admin<{ devices_used: number }>('GET', `/licenses/${license.id}`)).devices_used;
const statuses = async (apps: readonly AppProcess[]) =>
  (await Promise.all(apps.map((app) => app.check()))).map(({ status }) => status);
const stateFile = () => join(directory, `license-${server.productId}.json`);

it('processes of one app share one activation, however many activate at the same moment', async () => {
  const apps = await start(3);
  const results = await Promise.all(apps.map((app) => app.ask('activate', license.key)));
  expect(results.map(({ result }) => result).sort()).toEqual([
    'activated',
    'already_active',
    'already_active',
  ]);
  expect(await statuses(apps)).toEqual(['active', 'active', 'active']);
  expect(await seatsUsed()).toBe(1);
});

it('what one process does the other sees at its next check', async () => {
  const [first, second] = (await start(2)) as [AppProcess, AppProcess];
  await first.ask('activate', license.key);
  expect(await statuses([second])).toEqual(['active']);
  expect(await second.ask('validate')).toMatchObject({ code: 'VALID' });
  expect(await second.ask('deactivate')).toMatchObject({ result: 'deactivated' });
  expect(await statuses([first])).toEqual(['unlicensed']);
  expect(await first.ask('validate')).toMatchObject({ error: 'NOT_ACTIVATED' });
  expect(await seatsUsed()).toBe(0);
});

it('refreshes that cross leave a valid lease, and a later start finds it', async () => {
  const apps = await start(2);
  await apps[0]?.ask('activate', license.key);
  for (let round = 0; round < 5; round += 1) {
    const results = await Promise.all(apps.map((app) => app.ask('validate')));
    expect(results.map(({ code }) => code)).toEqual(['VALID', 'VALID']);
  }
  expect(await statuses([...apps, ...(await start(1))])).toEqual(['active', 'active', 'active']);
  expect(await seatsUsed()).toBe(1);
});

it('a state file that was damaged falls back on the one before it', async () => {
  const [app] = (await start(1)) as [AppProcess];
  await app.ask('activate', license.key);
  await app.ask('validate');
  const path = stateFile();
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, 100));
  expect(await statuses([app, ...(await start(1))])).toEqual(['active', 'active']);
});
