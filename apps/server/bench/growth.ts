import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load, type Started } from './processes.ts';
import { seedLicenses } from './seed.ts';
import { post, type StartLine, startServer } from './server.ts';
import { loadRow, say } from './table.ts';

const sizes = [10_000, 100_000, 1_000_000];

/** The hot calls with ever more licenses in the database: their cost must not grow with it. */
export async function measureGrowth(seconds: number, connections: number): Promise<string[][]> {
  const rows: string[][] = [];
  for (const size of sizes) {
    const dataDir = await mkdtemp(join(tmpdir(), 'thrive-bench-'));
    let server: Started<StartLine> | undefined;
    try {
      server = await startServer(dataDir);
      const { admin_key, channel_key, license_key, product_id } = server.line;
      await server.end();
      say(`seeding ${size} licenses`);
      await seedLicenses(dataDir, size);
      server = await startServer(dataDir);
      const api = `${server.line.base_url}/api/v1`;
      const device = { fingerprint: 'bench-device' };
      await post(`${api}/activate`, channel_key, { license_key, device });
      const { data: wide } = await post(`${api}/licenses`, admin_key, {
        product_id,
        device_limit: 1_000_000,
      });
      const calls = [
        ['validate', '/activate/validate', { license_key, device }, channel_key],
        [
          'activate',
          '/activate',
          { license_key: wide.key, device: { fingerprint: 'device-[<id>]' } },
          channel_key,
        ],
        ['create a license', '/licenses', { product_id }, admin_key],
      ] as const;
      for (const [what, path, body, key] of calls) {
        say(`${what} among ${size} licenses`);
        await load(api + path, { seconds: 1, connections, key, body });
        const found = await load(api + path, { seconds, connections, key, body });
        rows.push(loadRow(`${what}, among ${size} licenses`, found, '', 'flat'));
      }
    } finally {
      await server?.end();
      await rm(dataDir, { recursive: true, force: true });
    }
  }
  return rows;
}
