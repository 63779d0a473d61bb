// `npm run bench`: every figure of one run in one table, ratios to a bare route on the same machine in the same run.
// `-- --seconds 3 --licenses 100000` makes it shorter; `--growth` measures 10 k, 100 k and 1 M licenses instead, and
// `--soak 600` loads a server for ten minutes and looks whether it grows.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureGrowth } from './growth.ts';
import { measurePostgres } from './postgres.ts';
import { load, type Started, startScript } from './processes.ts';
import { seedLicenses } from './seed.ts';
import { post, type StartLine, startServer } from './server.ts';
import { measureSoak } from './soak.ts';
import { loadRow, print, ratio, say, spread } from './table.ts';
import { measureWebhooks } from './webhooks.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    licenses: { type: 'string', default: '1000000' },
    connections: { type: 'string', default: '64' },
    growth: { type: 'boolean', default: false },
    soak: { type: 'string' },
  },
});
const [seconds, licenses, connections] = [values.seconds, values.licenses, values.connections].map(
  Number,
) as [number, number, number];
const startsCount = 5;
const pagesCount = 400;

const dataDir = await mkdtemp(join(tmpdir(), 'thrive-bench-'));
const rows: string[][] = [];
if (values.growth) {
  print(await measureGrowth(seconds, connections));
  process.exit();
}
if (values.soak !== undefined) {
  print(await measureSoak(Number(values.soak), connections));
  process.exit();
}

const running: Started<unknown>[] = [];
try {
  const server = await startServer(dataDir);
  running.push(server);
  const { admin_key, channel_key, base_url, ...first } = server.line;
  const api = `${base_url}/api/v1`;
  const device = { fingerprint: 'bench-device' };
  const body = { license_key: first.license_key, device };
  await post(`${api}/activate`, channel_key, body);
  const { data: answer } = await post(`${api}/activate/validate`, channel_key, body);
  const baselines = await startScript<{ bare: string; door: string }>('baselines.ts', [
    JSON.stringify(answer),
  ]);
  running.push(baselines);

  say('bare Fastify + zod route');
  await load(`${baselines.line.bare}/validate`, { seconds: 1, connections, body });
  const bare = await load(`${baselines.line.bare}/validate`, { seconds, connections, body });
  rows.push(loadRow('bare Fastify + zod route', bare, '-'));
  await load(`${baselines.line.bare}/validate-in-full`, { seconds: 1, connections, body });
  const full = await load(`${baselines.line.bare}/validate-in-full`, { seconds, connections, body });
  rows.push(
    loadRow('the same, with the question and answer of validate', full, `${ratio(full, bare)} of bare`),
  );

  say('validate');
  await load(`${api}/activate/validate`, { seconds: 2, connections, key: channel_key, body });
  const validate = await load(`${api}/activate/validate`, { seconds, connections, key: channel_key, body });
  rows.push(
    loadRow(
      'validate, warm',
      validate,
      `${ratio(validate, bare)} of bare, ${ratio(validate, full)} of that`,
      '>= 0.5 of bare, p99 <= 10',
    ),
  );

  say('activate');
  const { data: wide } = await post(`${api}/licenses`, admin_key, {
    product_id: first.product_id,
    device_limit: 1_000_000,
  });
  const fresh = { license_key: wide.key, device: { fingerprint: 'device-[<id>]' } };
  await load(`${api}/activate`, { seconds: 2, connections, key: channel_key, body: fresh });
  const activate = await load(`${api}/activate`, { seconds, connections, key: channel_key, body: fresh });
  rows.push(loadRow('activate, new device each', activate, `${ratio(activate, bare)} of bare`, '>= 1500/s'));

  say('tRPC');
  const empty = '/trpc/empty';
  await load(baselines.line.bare + empty, { seconds: 1, connections });
  const adapter = await load(baselines.line.bare + empty, { seconds, connections });
  rows.push(loadRow("tRPC's own adapter, empty procedure", adapter, `${ratio(adapter, bare)} of bare`));
  await load(baselines.line.door + empty, { seconds: 1, connections });
  const door = await load(baselines.line.door + empty, { seconds, connections });
  rows.push(
    loadRow('our tRPC door, empty procedure', door, `${ratio(door, adapter)} of the adapter`, '>= 0.85'),
  );
  const memory = server.memoryMbMax();
  rows.push(['memory under load, at most', '', '', '', memory === null ? '?' : `${memory} MB`, '<= 200 MB']);

  say('webhooks');
  const { product_id } = first;
  rows.push(...(await measureWebhooks({ api, admin_key, channel_key, product_id }, seconds)));

  rows.push(...(await measurePostgres(seconds, connections, bare)));
  await server.end();
  running.splice(running.indexOf(server), 1);
  say(`seeding ${licenses} licenses`);
  await seedLicenses(dataDir, licenses);
  const starts: number[] = [];
  for (let n = 0; n < startsCount; n++) {
    const begun = performance.now();
    const started = await startServer(dataDir);
    await fetch(`${started.line.base_url}/healthz`);
    starts.push(performance.now() - begun);
    if (n < startsCount - 1) await started.end();
    else running.push(started);
  }
  rows.push([`start to first answer, ${startsCount} times`, '', ...spread(starts), '', 'p50 <= 1500']);

  const again = running.at(-1) as Started<StartLine>;
  for (const filter of ['type=timed', `product_id=${first.product_id}`, 'status=active&type=floating']) {
    say(`list, ${filter.split('=')[0]}`);
    const times = await walkPages(`${again.line.base_url}/api/v1/licenses?limit=50&${filter}`, admin_key);
    rows.push([
      `list 50 of ${licenses}, ${filter.replace(/=prd_\w+/, '')}`,
      '',
      ...spread(times),
      '',
      'p99 <= 15',
    ]);
  }
} finally {
  for (const started of running.reverse()) await started.end();
  await rm(dataDir, { recursive: true, force: true });
}
print(rows);

/** Follows cursors, one page after the other. @returns how long each took. */
async function walkPages(list: string, key: string): Promise<number[]> {
  const times: number[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < pagesCount; page++) {
    const begun = performance.now();
    const url: string = cursor ? `${list}&cursor=${encodeURIComponent(cursor)}` : list;
    const response = await fetch(url, { headers: { authorization: `Bearer ${key}` } });
    const answer = (await response.json()) as {
      data: unknown[];
      meta: { pagination: { next_cursor: string } };
    };
    times.push(performance.now() - begun);
    if (answer.data.length !== 50) throw new Error(`A page of ${url} has ${answer.data.length} licenses.`);
    cursor = answer.meta.pagination.next_cursor;
  }
  // The first ones compile statements and warm caches.
  return times.slice(20);
}
