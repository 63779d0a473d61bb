import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from './processes.ts';
import { post, startServer } from './server.ts';
import { say } from './table.ts';

const rounds = 10;

/** Validates and activates for a long time, and writes down after each tenth of it what the server holds. */
export async function measureSoak(seconds: number, connections: number): Promise<string[][]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'thrive-bench-'));
  const server = await startServer(dataDir);
  try {
    const { admin_key, channel_key, license_key, product_id, base_url } = server.line;
    const api = `${base_url}/api/v1`;
    const device = { fingerprint: 'bench-device' };
    await post(`${api}/activate`, channel_key, { license_key, device });
    const { data: wide } = await post(`${api}/licenses`, admin_key, { product_id, device_limit: 10_000_000 });
    const part = { seconds: Math.ceil(seconds / rounds), connections: connections / 2, key: channel_key };
    const rows: string[][] = [];
    for (let round = 1; round <= rounds; round += 1) {
      say(`soak, ${round} of ${rounds}`);
      const [validate, activate] = await Promise.all([
        load(`${api}/activate/validate`, { ...part, body: { license_key, device } }),
        load(`${api}/activate`, {
          ...{ ...part, rate: 200 },
          body: { license_key: wide.key, device: { fingerprint: 'device-[<id>]' } },
        }),
      ]);
      const refused = validate.refused + activate.refused;
      const held = server.holds();
      const holds = held ? `${held.memoryMb} MB, ${held.handles} handles` : '?';
      const what = `after ${round * part.seconds} s, ${refused} refused`;
      rows.push([
        what,
        `${Math.round(validate.perSecond)}`,
        `${validate.p50}`,
        `${validate.p99}`,
        holds,
        'flat',
      ]);
    }
    return rows;
  } finally {
    await server.end();
    await rm(dataDir, { recursive: true, force: true });
  }
}
