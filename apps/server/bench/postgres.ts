import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../test/support/embedded-postgres.ts';
import { type Load, load, type Started } from './processes.ts';
import { post, type StartLine, startServer } from './server.ts';
import { loadRow, type Row, ratio, say } from './table.ts';
import { measureWebhooks } from './webhooks.ts';

/** The hot calls on PostgreSQL, by one process and by two: rows for the table. Durable: fsync is on. */
export async function measurePostgres(
  seconds: number,
  connections: number,
  bare: Pick<Load, 'perSecond'>,
): Promise<string[][]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'thrive-bench-'));
  const postgres = await startPostgres(['-c', 'max_connections=100', '-c', 'shared_buffers=256MB']);
  const nodes: Started<StartLine>[] = [];
  const rows: string[][] = [];
  const start = async () => {
    nodes.push(await startServer(dataDir, { DATABASE_URL: `${postgres.url}/postgres` }));
  };
  try {
    await start();
    const { admin_key, channel_key, license_key, product_id } = (nodes[0] as Started<StartLine>).line;
    const apis = () => nodes.map(({ line }) => `${line.base_url}/api/v1`);
    const [api = ''] = apis();
    const body = { license_key, device: { fingerprint: 'bench-device' } };
    await post(`${api}/activate`, channel_key, body);
    const { data: wide } = await post(`${api}/licenses`, admin_key, { product_id, device_limit: 1_000_000 });
    const fresh = { license_key: wide.key, device: { fingerprint: 'device-[<id>]' } };

    /** All nodes at once, each with its part of the connections. */
    const loadAll = async (path: string, of: unknown, forSeconds: number): Promise<Load> => {
      const each = {
        seconds: forSeconds,
        connections: connections / nodes.length,
        key: channel_key,
        body: of,
      };
      const loads = await Promise.all(apis().map((one) => load(one + path, each)));
      const most = (pick: (one: Load) => number) => Math.max(...loads.map(pick));
      return {
        perSecond: loads.reduce((sum, one) => sum + one.perSecond, 0),
        ...{ p50: most(({ p50 }) => p50), p99: most(({ p99 }) => p99) },
        refused: loads.reduce((sum, one) => sum + one.refused, 0),
      };
    };
    const measured = new Map<string, Load>();
    for (const count of [1, 2]) {
      if (nodes.length < count) await start();
      for (const [what, path, of] of [
        ['validate', '/activate/validate', body],
        ['activate', '/activate', fresh],
      ] as const) {
        say(`${what} on PostgreSQL, ${count} processes`);
        await loadAll(path, of, 2);
        const found = await loadAll(path, of, seconds);
        const alone = measured.get(what);
        const result = alone ? `${ratio(found, alone)} of one process` : `${ratio(found, bare)} of bare`;
        const aim = alone && what === 'validate' ? '>= 1.7 where cores allow' : '';
        rows.push(
          loadRow(`${what}, PostgreSQL, ${count} process${count > 1 ? 'es' : ''}`, found, result, aim),
        );
        if (!alone) measured.set(what, found);
      }
    }
    say('webhooks on PostgreSQL, 2 processes');
    const webhooks = await measureWebhooks({ api, admin_key, channel_key, product_id }, seconds);
    rows.push(...webhooks.map(([what = '', ...rest]) => [`${what}, PostgreSQL`, ...rest] as Row));
    return rows;
  } finally {
    for (const node of nodes) await node.end();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
