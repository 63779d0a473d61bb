import { join } from 'node:path';
import knex from 'knex';

/**
 * Copies the first license of a stopped server until there are so many: as many rows, indexes and pages as a vendor with
 * a million licenses has. Types, customers and times differ, so that filters have something to choose.
 */
export async function seedLicenses(dataDir: string, count: number): Promise<void> {
  const db = knex({
    client: 'sqlite3',
    connection: { filename: join(dataDir, 'thrive.sqlite') },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
  try {
    const model: Record<string, unknown> = await db('licenses').orderBy('created_at').first();
    const made: Record<string, string> = {
      id: "'lic_' || printf('%026d', n)",
      key_hash: "printf('%064d', n)",
      key_last_four: "printf('%04d', n % 10000)",
      type: "case n % 4 when 0 then 'perpetual' when 1 then 'timed' when 2 then 'subscription' else 'floating' end",
      created_at: 'created_at - n * 1000',
      updated_at: 'updated_at - n * 1000',
    };
    const columns = Object.keys(model);
    await db.raw('PRAGMA synchronous = OFF');
    await db.raw(
      `with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ?)
       insert into licenses (${columns.join(', ')})
       select ${columns.map((column) => made[column] ?? column).join(', ')} from numbers, licenses where id = ?`,
      [count, model['id'] as string],
    );
    await db.raw('PRAGMA wal_checkpoint(TRUNCATE)');
  } finally {
    await db.destroy();
  }
}
