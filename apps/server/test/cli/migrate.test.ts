import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { createDialect } from '../../src/core.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { thrive, thriveJson } from '../support/thrive.ts';

interface Report {
  applied: number;
  ran: string[];
  pending: string[];
}

const all = readdirSync(join(import.meta.dirname, '../../migrations')).sort();
/** One that does nothing on SQLite, and whose table nothing points at on PostgreSQL. */
const late = '20261126-04-cache-changes.ts';

let home: TestDatabase;
let server: ServerProcess | undefined;
afterEach(async () => {
  await server?.end('SIGKILL');
  server = undefined;
  await home.remove();
});

async function inDatabase<Result>(work: (db: Knex) => Promise<Result>): Promise<Result> {
  const db = openDatabase(home);
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
const noted = () => inDatabase((db) => db('knex_migrations').orderBy('id').pluck('name'));
const countWaiting = async (db: Knex): Promise<number> => {
  const { rows } = await db.raw(
    `select count(*)::int as waiting from pg_locks join pg_database on pg_database.oid = database
     where datname = current_database() and locktype = 'advisory' and not granted`,
  );
  return rows[0].waiting;
};
/** Makes the database what it was before one migration. */
const takeBack = () =>
  inDatabase(async (db) => {
    await db('knex_migrations').where({ name: late }).delete();
    await db.schema.dropTableIfExists('cache_changes');
  });

describe('migrating one PostgreSQL from several places', () => {
  beforeEach(async () => {
    home = await createTestDatabase('postgres');
  });

  it('four at once run each migration once, and all succeed', async () => {
    const dialect = createDialect(readConfig({ DATABASE_URL: home.databaseUrl }));
    const connections = dialect.connect();
    // Held back until all four are at the gate, so that they go through it together.
    const reports = await dialect
      .oneAtATime(connections, async () => {
        const runs = [1, 2, 3, 4].map(() => thriveJson<Report>(home, 'migrate'));
        await expect.poll(() => countWaiting(connections.read), { timeout: 30_000 }).toBe(4);
        return runs;
      })
      .then((runs) => Promise.all(runs))
      .finally(() => connections.close());
    expect(reports.flatMap(({ ran }) => ran).sort()).toEqual(all);
    for (const { applied, pending } of reports)
      expect({ applied, pending }).toEqual({ applied: all.length, pending: [] });
    expect(await noted()).toEqual(all);
  });

  it('servers may start at the same time', async () => {
    const starts = [1, 2].map(() => startServer(home));
    const runs = [1, 2].map(() => thrive(home, ['migrate']));
    const servers = await Promise.all(starts);
    try {
      for (const { code } of await Promise.all(runs)) expect(code).toBe(0);
      expect(await noted()).toEqual(all);
      const accounts = new Set(servers.map(({ start }) => start.account_id));
      expect(accounts.size).toBe(1);
    } finally {
      for (const started of servers) await started.end('SIGTERM');
    }
  });

  it('--check on a new database tells what is pending and makes nothing', async () => {
    const { code, stdout } = await thrive(home, ['migrate', '--check', '--json']);
    expect({ code, report: JSON.parse(stdout) }).toEqual({
      code: 1,
      report: { applied: 0, ran: [], pending: all },
    });
    expect(await inDatabase((db) => db.schema.hasTable('knex_migrations'))).toBe(false);
  });
});

eachDatabase((kind) => {
  beforeEach(async () => {
    home = await createTestDatabase(kind);
    server = await startServer(home);
  });

  it('an older database is brought up to date, and says so before and after', async () => {
    await server?.end('SIGTERM');
    await takeBack();
    expect(await thrive(home, ['account', 'list'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('thrive migrate'),
    });
    expect(await thrive(home, ['migrate', '--check'])).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(new RegExp(`^pending {2}${late}\n1 pending`)),
    });
    const report = await thriveJson<Report>(home, 'migrate');
    expect(report).toEqual({ applied: all.length, ran: [late], pending: [] });
    expect(await thrive(home, ['migrate', '--check'])).toMatchObject({ code: 0 });
    expect(await thrive(home, ['account', 'list'])).toMatchObject({ code: 0 });
  });

  it('beside a server with nothing pending it does nothing and is content', async () => {
    expect(await thriveJson<Report>(home, 'migrate')).toEqual({ applied: all.length, ran: [], pending: [] });
  });

  it('a newer database is refused and not touched', async () => {
    await inDatabase((db) =>
      db('knex_migrations').insert({ name: '20991231-01-later.ts', batch: 9, migration_time: new Date(0) }),
    );
    for (const args of [['migrate'], ['migrate', '--check']]) {
      const { code, stdout, stderr } = await thrive(home, args);
      expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
      expect(stderr).toContain('newer than this version');
    }
  });
});

describe('migrating SQLite', () => {
  beforeEach(async () => {
    home = await createTestDatabase('sqlite');
  });

  it('never happens under a running server', async () => {
    server = await startServer(home);
    await takeBack();
    const { code, stderr } = await thrive(home, ['migrate']);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('in use') });
    expect(await noted()).not.toContain(late);
  });

  it('makes no installation where there is none', async () => {
    const { code, stderr } = await thrive(home, ['migrate']);
    expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringContaining('no installation') });
    expect(readdirSync(home.dataDir)).toEqual([]);
  });
});
