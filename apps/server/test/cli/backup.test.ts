import { chmod, copyFile, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/each-database.ts';
import { type Known, stormUntilKilled } from '../support/killed-storm.ts';
import { expectEventsInOrder, expectSeatsInOrder } from '../support/seat-invariants.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { thrive, thriveJson } from '../support/thrive.ts';

describe('backup and restore', () => {
  let home: TestDatabase;
  let other: TestDatabase;
  let server: ServerProcess | undefined;
  let file: string;
  beforeEach(async () => {
    home = await createTestDatabase('sqlite');
    other = await createTestDatabase('sqlite');
    file = join(other.dataDir, 'a.backup');
  });
  afterEach(async () => {
    await server?.end('SIGKILL');
    await home.remove();
    await other.remove();
  });

  const firstLicense = async ({ start }: ServerProcess) => {
    const list = await fetch(`${start.base_url}/api/v1/licenses`, {
      headers: { authorization: `Bearer ${start.admin_key}` },
    });
    const [license] = ((await list.json()) as { data: never[] }).data;
    return { ...(license as unknown as object), key: start.license_key } as never;
  };
  const activate = async ({ start }: ServerProcess, key: string | null, license_key: string | null) => {
    const response = await fetch(`${start.base_url}/api/v1/activate`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ license_key, device: { fingerprint: 'the-same-machine' } }),
    });
    return ((await response.json()) as { data?: { result: string } }).data?.result;
  };

  it('a backup taken in a storm restores to a state in which every promise holds', async () => {
    server = await startServer(home);
    const { channel_key, license_key } = server.start;
    expect(await activate(server, channel_key, license_key)).toBe('activated');
    const known: Known[] = [];
    const storm = stormUntilKilled(
      server,
      { key: channel_key ?? '', license: await firstLicense(server) },
      known,
      3_000,
    );
    await thriveJson(home, 'backup', file);
    expect(known.length, 'the storm must still rage').toBeGreaterThan(0);
    server.signal('SIGKILL');
    await storm;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(other.dataDir)).toEqual(['a.backup']);

    await thriveJson(other, 'restore', file);
    const db = openDatabase(other);
    await expectSeatsInOrder(db);
    await expectEventsInOrder(db);
    expect(await db.schema.hasTable('backup_keys')).toBe(false);
    await db.destroy();
    expect(await thrive(other, ['doctor'])).toMatchObject({ code: 0 });
    expect(await thrive(other, ['audit', 'verify'])).toMatchObject({ code: 0 });

    // The keys came along: API keys, license keys and leases work as before.
    server = await startServer(other);
    expect(await activate(server, channel_key, license_key)).toBe('already_active');
  });

  it('an existing file is never overwritten', async () => {
    server = await startServer(home);
    await writeFile(file, 'precious');
    expect(await thrive(home, ['backup', file])).toMatchObject({ code: 1, stdout: '' });
    expect((await stat(file)).size).toBe('precious'.length);
    expect(await readdir(other.dataDir)).toEqual(['a.backup']);
  });

  it('restore waits for no server: it refuses while one runs', async () => {
    server = await startServer(home);
    await thriveJson(home, 'backup', file);
    const refused = await thrive(home, ['restore', file, '--force']);
    expect(refused.code).toBe(3);
    expect(refused.stderr).toContain('stop it first');
  });

  it('restore touches what is there only when told to, and then keeps it', async () => {
    server = await startServer(home);
    await thriveJson(home, 'backup', file);
    await server.end('SIGTERM');
    expect(await thrive(home, ['restore', file])).toMatchObject({ code: 1 });

    const { replaced } = await thriveJson<{ replaced: string }>(home, 'restore', file, '--force');
    expect(await readdir(replaced)).toEqual(expect.arrayContaining(['keys', 'thrive.sqlite']));
    expect(await readdir(join(replaced, 'keys'))).toEqual(await readdir(join(home.dataDir, 'keys')));
    expect(await thrive(home, ['doctor'])).toMatchObject({ code: 0 });
  });

  it('restore refuses what is no backup, and changes nothing', async () => {
    server = await startServer(home);
    await thriveJson(home, 'backup', file);
    await server.end('SIGTERM');
    server = undefined;
    const empty = join(other.dataDir, 'empty.backup');
    const text = join(other.dataDir, 'text.backup');
    const plain = join(other.dataDir, 'plain.backup');
    const cut = join(other.dataDir, 'cut.backup');
    await writeFile(empty, '');
    await writeFile(
      text,
      'this is no database at all, although it is long enough to hold a header\n'.repeat(20),
    );
    await copyFile(join(home.dataDir, 'thrive.sqlite'), plain);
    await copyFile(file, cut);
    await truncate(cut, 40_000);
    const before = await readdir(home.dataDir);
    for (const bad of [empty, text, plain, cut, join(other.dataDir, 'missing')]) {
      const { code, stderr } = await thrive(home, ['restore', bad, '--force']);
      expect([2, 3], `${bad}: ${stderr}`).toContain(code);
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(await readdir(home.dataDir)).toEqual(before);
    expect(await thrive(home, ['doctor'])).toMatchObject({ code: 0 });
  });

  it('the doctor says what is missing, too open, or of another installation', async () => {
    server = await startServer(home);
    await server.end('SIGTERM');
    server = await startServer(other);
    await server.end('SIGTERM');
    server = undefined;
    const keys = join(home.dataDir, 'keys');
    await chmod(join(keys, 'root.key'), 0o644);
    expect((await thrive(home, ['doctor'])).stdout).toContain('root.key can be read by others');
    await chmod(join(keys, 'root.key'), 0o600);

    await copyFile(join(other.dataDir, 'keys', 'master.key'), join(keys, 'master.key'));
    const strange = await thrive(home, ['doctor']);
    expect(strange.code).toBe(1);
    expect(strange.stdout).toContain('not the one this database was made with');

    await rm(join(keys, 'master.key'));
    expect((await thrive(home, ['doctor'])).stdout).toContain('master.key is missing');
    // Looking must not make a new one in its place.
    expect(await readdir(keys)).toEqual(['root.key']);
  });

  it('the doctor notices miscounted seats and a clock that went back', async () => {
    server = await startServer(home);
    await server.end('SIGTERM');
    server = undefined;
    const db = openDatabase(home);
    await db('licenses').update({ devices_used: 2, created_at: Date.now() + 3_600_000 });
    await db.destroy();
    const { code, stdout } = await thrive(home, ['doctor']);
    expect(code).toBe(1);
    expect(stdout).toContain('counts its seats wrong');
    expect(stdout).toMatch(/PROBLEM {2}clock/);
  });
});

describe('backup on PostgreSQL', () => {
  it('names the tool that does it', async () => {
    const home = await createTestDatabase('postgres');
    try {
      await (await startServer(home)).end('SIGTERM');
      const { code, stderr } = await thrive(home, ['backup', join(home.dataDir, 'x')]);
      expect(code).toBe(2);
      expect(stderr).toContain('pg_dump');
    } finally {
      await home.remove();
    }
  });
});
