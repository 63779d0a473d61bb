import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listLicenses, validateLicense } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { readSchema } from '../../src/cli/move/schema.ts';
import { leftTables, movedTables } from '../../src/cli/move/tables.ts';
import { readConfig } from '../../src/config/config.ts';
import { createDialect } from '../../src/core.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { failedStart, openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { startThrive, thrive, thriveJson } from '../support/thrive.ts';
import { fillInstallation, type WholeInstallation } from '../support/whole-installation.ts';

interface Report {
  copied: number;
  tables: { table: string; rows: number; checksum: string }[];
  seats: { taken: number; active_devices: number };
  invoices: { currency: string; status: string; invoices: number }[];
  chains: { account_id: string; verified: number; broken: string | null }[];
  problems: string[];
}

describe('moving an installation', () => {
  let home: TestDatabase;
  let known: WholeInstallation;
  let target: TestDatabase;
  let server: ServerProcess | undefined;
  /** The target with the keys of the source: what a server is started on after the move. */
  let moved: Pick<TestDatabase, 'dataDir' | 'databaseUrl'>;
  beforeAll(async () => {
    home = await createTestDatabase('sqlite');
    known = await fillInstallation(home, 1_500);
  }, 120_000);
  afterAll(() => home?.remove());
  beforeEach(async () => {
    target = await createTestDatabase('postgres');
    moved = { dataDir: home.dataDir, databaseUrl: target.databaseUrl };
  });
  afterEach(async () => {
    await server?.end('SIGKILL');
    server = undefined;
    await target.remove();
  });

  const sides = () => ['--from', `sqlite:${home.dataDir}`, '--to', target.databaseUrl ?? ''];
  const move = (...more: string[]) => thriveJson<Report>(home, 'move', ...sides(), ...more);
  const failingMove = async (...more: string[]) => {
    const { code, stdout, stderr } = await thrive(home, ['move', ...sides(), '--json', ...more]);
    return { code, stderr, problems: stdout ? (JSON.parse(stdout) as Report).problems : [] };
  };
  const inTarget = async <Result>(work: (db: Knex) => Promise<Result>): Promise<Result> => {
    const db = openDatabase(moved);
    try {
      return await work(db);
    } finally {
      await db.destroy();
    }
  };
  /** Starts a move and kills it when it has told of its first rows. */
  const killedMove = async () => {
    const { child, exited } = startThrive(home, ['move', ...sides()]);
    child.stderr?.once('data', () => child.kill('SIGKILL'));
    expect((await exited).code, 'it must be killed before it ends').toBeNull();
    const rows = await inTarget((db) => db('move_progress').sum({ n: 'copied' }).first());
    return Number(rows?.n);
  };
  const expectAtWork = async (base_url: string) => {
    const door = restDoor(() => base_url);
    const listed = await door.call<unknown[]>(listLicenses, {}, { key: known.admin });
    expect(listed).toMatchObject({ status: 200, data: [{}, {}] });
    const { license_key, device, channel: key } = known;
    const input = { license_key, device: { fingerprint: device.fingerprint } };
    expect(await door.call(validateLicense, input, { key })).toMatchObject({
      data: { valid: true, code: 'VALID' },
    });
  };

  it('brings every table over, and a server goes on with the same keys, licenses and invoices', async () => {
    const report = await move();
    expect(report.problems).toEqual([]);
    expect(report.tables.map(({ table }) => table).sort()).toEqual([...movedTables].sort());
    const empty = report.tables.filter(({ rows }) => rows === 0).map(({ table }) => table);
    expect(empty, 'this test must move something of every table').toEqual([]);
    expect(report.copied).toBe(report.tables.reduce((sum, { rows }) => sum + rows, 0));
    expect(report.seats.taken).toBeGreaterThan(100);
    expect(report.seats.active_devices).toBe(report.seats.taken);
    expect(report.invoices).toContainEqual(expect.objectContaining({ currency: 'USD', status: 'paid' }));
    expect(report.chains).toHaveLength(3);
    expect(Math.max(...report.chains.map(({ verified }) => verified))).toBeGreaterThan(1_000);

    await inTarget(async (db) => {
      expect(await db.schema.hasTable('move_progress')).toBe(false);
      const finalized = db('invoices').whereNotNull('finalized_at');
      await expect(finalized.update({ total: 1 })).rejects.toThrow('a finalized invoice does not change');
      await expect(db('usage_snapshots').delete()).rejects.toThrow('a usage snapshot does not change');
    });
    server = await startServer(moved);
    await expectAtWork(server.start.base_url);
    const doctor = await thrive(moved, ['doctor']);
    expect({ code: doctor.code, wrong: doctor.stdout.match(/^PROBLEM.*$/gm) }).toEqual({
      code: 0,
      wrong: null,
    });
  });

  it('killed in the middle it goes on from there, and until then no server and no command takes the target', async () => {
    const done = await killedMove();
    expect(done).toBeGreaterThan(0);
    const start = await failedStart(moved);
    expect(start.code).not.toBe(0);
    expect(start.stderr).toContain('a-move-into-this-database-has-not-ended');
    const command = await thrive(moved, ['account', 'list']);
    expect(command).toMatchObject({ code: 3, stderr: expect.stringContaining('has not ended') });

    const { copied, tables, problems } = await move();
    expect(problems).toEqual([]);
    expect(done + copied).toBe(tables.reduce((sum, { rows }) => sum + rows, 0));
    server = await startServer(moved);
    await expectAtWork(server.start.base_url);
  });

  it('Ctrl-C ends it with a sentence, and the next run goes on', async () => {
    const { child, exited } = startThrive(home, ['move', ...sides()]);
    child.stderr?.once('data', () => child.kill('SIGINT'));
    expect(await exited).toMatchObject({ code: 1, stderr: expect.stringContaining('goes on from there') });
    const { copied, tables } = await move();
    expect(copied).toBeLessThan(tables.reduce((sum, { rows }) => sum + rows, 0));
  });

  it('the checks name what is not the same, and a target with a difference is given to no server', async () => {
    await killedMove();
    const spoilt = await inTarget(async (db) => {
      const { id } = await db('api_keys').orderBy('id').first();
      await db('api_keys').where({ id }).update({ name: 'Somebody else' });
      return id;
    });
    const { code, problems } = await failingMove();
    expect({ code, problems }).toEqual({
      code: 1,
      problems: [`api_keys differs, first in the row ${spoilt}`],
    });
    expect((await failedStart(moved)).stderr).toContain('has-not-ended');
  });

  it('--check compares again, whenever asked, and changes nothing', async () => {
    await move();
    expect((await move('--check')).problems).toEqual([]);
    const key = await inTarget(async (db) => {
      await db('licenses').where('devices_used', '>', 0).limit(1).update({ devices_used: 9 });
      await db('api_keys').where({ type: 'read_only' }).delete();
      const { key } = await db('idempotency_keys').first();
      await db('idempotency_keys').where({ key }).update({ answer_sealed: 'x' });
      await db('audit_entries').where('sequence', 7).delete();
      return key;
    });
    const { code, problems } = await failingMove('--check');
    expect(code).toBe(1);
    const said = problems.join('\n');
    expect(said).toMatch(/^licenses differs, first in the row lic_/m);
    expect(said).toMatch(/counts its seats wrong/);
    expect(said).toMatch(/^in the target \d+ seats are taken by \d+ devices/m);
    expect(said).toMatch(/^api_keys has \d+ rows in the source and \d+ in the target/m);
    expect(said).toMatch(/the api keys of acc_\w+ are counted wrong/);
    expect(said).toMatch(new RegExp(`^idempotency_keys differs, first in the row acc_\\w+ ${key}$`, 'm'));
    expect(said).toMatch(/the audit chain of acc_\w+ is broken at entry 7: the entry is missing/);
  });

  it('refuses a target that holds an installation, and leaves it as it is', async () => {
    server = await startServer(target);
    await server.end('SIGTERM');
    const before = await inTarget((db) => db('accounts').select());
    const { code, stderr } = await failingMove();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/is not empty: there are/) });
    expect(stderr).not.toContain('thrive:thrive');
    expect(await inTarget((db) => db('accounts').select())).toEqual(before);
    expect(await thrive(target, ['doctor'])).toMatchObject({ code: 0 });
  });

  it('refuses to begin, or to go on, while a server works on either side', async () => {
    server = await startServer(home);
    const onSource = await failingMove();
    expect(onSource).toMatchObject({ code: 3, stderr: expect.stringContaining('stop it first') });
    await server.end('SIGTERM');
    server = await startServer(target);
    const onTarget = await failingMove();
    expect(onTarget).toMatchObject({ code: 3, stderr: expect.stringContaining('stop it first') });
  });

  it('does not go on with a source that was changed meanwhile', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'thrive-move-'));
    try {
      await cp(home.dataDir, copy, { recursive: true });
      await killedMove();
      await thriveJson({ ...home, dataDir: copy }, 'account', 'create', '--name', 'Late');
      const late = await thrive(home, ['move', '--from', `sqlite:${copy}`, ...sides().slice(2)]);
      expect(late).toMatchObject({ code: 1, stderr: expect.stringContaining('has changed since') });
    } finally {
      await rm(copy, { recursive: true, force: true });
    }
  });

  it('goes the other way too, and what comes back is what was sent', async () => {
    const there = await move();
    const back = await mkdtemp(join(tmpdir(), 'thrive-move-'));
    const args = ['move', '--from', target.databaseUrl ?? '', '--to', `sqlite:${back}`];
    try {
      const withoutKeys = await thrive(home, args);
      expect(withoutKeys).toMatchObject({ code: 3, stderr: expect.stringContaining('copy the folder keys') });
      await cp(join(home.dataDir, 'keys'), join(back, 'keys'), { recursive: true });
      const report = await thriveJson<Report>(home, ...args);
      expect(report.tables).toEqual(there.tables);
      server = await startServer({ dataDir: back, databaseUrl: undefined });
      await expectAtWork(server.start.base_url);
      await server.end('SIGTERM');
    } finally {
      await rm(back, { recursive: true, force: true });
    }
  });

  it.each([
    ['two of a kind', ['--from', 'sqlite:a', '--to', 'sqlite:b'], 2],
    ['what is no place', ['--from', 'mysql://a', '--to', 'sqlite:b'], 2],
    ['a file of another name', ['--from', `sqlite:${import.meta.filename}`, '--to', 'postgres://a/b'], 2],
    ['one place only', ['--from', 'sqlite:a'], 2],
    ['a folder without an installation', ['--from', 'sqlite:/nowhere', '--to', 'postgres://a/b'], 3],
  ])('refuses %s', async (_what, args, expected) => {
    const { code, stdout, stderr } = await thrive(home, ['move', ...args]);
    expect({ code, stdout }).toEqual({ code: expected, stdout: '' });
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('names the option when an address does not answer, and not the password', async () => {
    const args = ['--from', `sqlite:${home.dataDir}`, '--to', 'postgres://me:hunter2@127.0.0.1:1/x'];
    const { code, stderr } = await thrive(home, ['move', ...args]);
    expect(code).toBe(3);
    expect(stderr).toContain('of --to cannot be reached');
    expect(stderr).not.toContain('hunter2');
  });
});

eachDatabase((kind) => {
  it('every table is either moved or deliberately left, and none counts by itself', async () => {
    const home = await createTestDatabase(kind);
    const dialect = createDialect(readConfig({ DATA_DIR: home.dataDir, DATABASE_URL: home.databaseUrl }));
    await (await startServer(home)).end('SIGTERM');
    const connections = dialect.connect();
    try {
      const tables = await readSchema(dialect, connections.read);
      const names = tables.map(({ name }) => name);
      expect(names.filter((name) => !movedTables.includes(name) && !(name in leftTables))).toEqual([]);
      expect(movedTables.filter((name) => !names.includes(name))).toEqual([]);
      expect(movedTables.filter((name) => name in leftTables)).toEqual([]);
      for (const { name, key } of tables) if (movedTables.includes(name)) expect(key, name).not.toEqual([]);
      // A sequence would have to be set to where the source was.
      const counting =
        kind === 'sqlite'
          ? await connections.read('sqlite_master').whereLike('sql', '%autoincrement%').pluck('name')
          : await connections
              .read('information_schema.columns')
              .where({ table_schema: 'public' })
              .where((any) => any.where({ is_identity: 'YES' }).orWhereLike('column_default', 'nextval%'))
              .pluck('table_name');
      expect(counting.filter((name) => movedTables.includes(name))).toEqual([]);
    } finally {
      await connections.close();
      await home.remove();
    }
  });
});
