import type { Knex } from 'knex';
import type { TestServer } from './test-server.ts';

/** Every row of every table as text, sorted: equal before and after means that nothing was changed. */
export async function allRows(server: TestServer): Promise<Record<string, string[]>> {
  const db = server.platform.database;
  const rows: Record<string, string[]> = {};
  for (const table of await tableNames(db)) {
    rows[table] = (await db(table).select()).map((row) => JSON.stringify(row, withoutBatched)).sort();
  }
  return rows;
}

/** How many rows a table holds for an account. */
export async function countRows(
  server: TestServer,
  table: string,
  where: Record<string, string | number>,
): Promise<number> {
  const [row] = await server.platform.database(table).where(where).count({ count: '*' });
  return Number(row?.['count']);
}

// Written in batches, at some time after the call that caused it.
const batched = ['last_seen_at', 'last_used_at', 'lease_sequence', 'api_requests', 'validations'];
const withoutBatched = (name: string, value: unknown) => (batched.includes(name) ? undefined : value);

async function tableNames(db: Knex): Promise<string[]> {
  const isPostgres = db.client.config.client === 'pg';
  const names: string[] = isPostgres
    ? await db('information_schema.tables').where({ table_schema: 'public' }).pluck('table_name')
    : await db('sqlite_master').where({ type: 'table' }).pluck('name');
  // Every call is counted, also one that changes nothing else.
  return names.filter((name) => !/^(sqlite_|knex_|rate_counters$)/.test(name)).sort();
}
