import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { licenseStatuses, licenseTypes } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { expectEventsInOrder, expectSeatsInOrder } from '../support/seat-invariants.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { startThrive, thrive, thriveJson } from '../support/thrive.ts';

interface Made {
  account_id: string;
  admin_key: string;
  read_only_key: string;
  channel_key: string;
  counts: Record<'products' | 'customers' | 'licenses' | 'devices' | 'events' | 'audit_entries', number>;
  interrupted: boolean;
}
interface Listed {
  id: string;
  key: string;
  status: string;
  type: string;
  device_limit: number;
  devices_used: number;
}

/** Everything that must be so after a demo run, however it ended. */
async function expectAllInOrder(home: TestDatabase): Promise<void> {
  const doctor = await thrive(home, ['doctor']);
  expect({ code: doctor.code, problems: doctor.stdout.match(/^PROBLEM.*$/gm) }).toEqual({
    code: 0,
    problems: null,
  });
  expect(await thrive(home, ['audit', 'verify'])).toMatchObject({ code: 0 });
  await withDatabase(home, async (db) => {
    await expectSeatsInOrder(db);
    await expectEventsInOrder(db);
  });
}

async function withDatabase<Result>(
  home: TestDatabase,
  read: (db: Knex) => Promise<Result>,
): Promise<Result> {
  const db = openDatabase(home);
  try {
    return await read(db);
  } finally {
    await db.destroy();
  }
}

eachDatabase((kind) => {
  describe('demo data beside a running server', () => {
    let home: TestDatabase;
    let server: ServerProcess;
    let made: Made;
    beforeAll(async () => {
      home = await createTestDatabase(kind);
      server = await startServer(home);
      made = await thriveJson<Made>(home, 'demo', '--seed', '5', '--name', 'Demo Software');
    });
    afterAll(async () => {
      await server?.end('SIGTERM');
      await home?.remove();
    });

    const call = async <Data>(path: string, key: string, body?: object) => {
      const response = await fetch(`${server.start.base_url}/api/v1${path}`, {
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
      });
      return { status: response.status, data: ((await response.json()) as { data: Data }).data };
    };
    const list = async (query: string) => (await call<Listed[]>(`/licenses?${query}`, made.admin_key)).data;

    it('keeps every promise: seats, events, audit chain', async () => {
      await expectAllInOrder(home);
    });

    it('is what the command says that it made', async () => {
      const { account_id, counts } = made;
      const counted = await withDatabase(home, async (db) => {
        const entries = Object.keys(counts).map(async (table) => {
          const [row] = await db(table).where({ account_id }).count({ n: '*' });
          return [table, Number(row?.['n'])] as const;
        });
        return Object.fromEntries(await Promise.all(entries));
      });
      expect(counted).toEqual(counts);
      expect(counts).toMatchObject({ licenses: 200, products: 6 });
      const accounts = await thriveJson<{ id: string; name: string; plan_code: string }[]>(
        ...([home, 'account', 'list'] as const),
      );
      expect(accounts.find(({ id }) => id === account_id)).toMatchObject({
        name: 'Demo Software',
        plan_code: 'enterprise',
      });
    });

    it('shows its admin key licenses of every type and of every status', async () => {
      for (const status of licenseStatuses) {
        const listed = await list(`status=${status}`);
        expect(listed.length, status).toBeGreaterThan(0);
        expect(new Set(listed.map((license) => license.status))).toEqual(new Set([status]));
      }
      for (const type of licenseTypes) expect(await list(`type=${type}`), type).not.toEqual([]);
      expect((await call<Listed[]>('/licenses', made.read_only_key)).status).toBe(200);
    });

    it('has license keys that an admin can read and a machine can activate', async () => {
      const free = (await list('status=active&limit=100')).find(
        ({ device_limit, devices_used }) => devices_used < device_limit,
      );
      const { data: license } = await call<Listed>(`/licenses/${free?.id}`, made.admin_key);
      expect(license.key).toMatch(/^([0-9A-Z]{5}-){5}[0-9A-Z]{2}$/);
      const input = { license_key: license.key, device: { fingerprint: 'a-machine-of-today' } };
      expect(await call('/activate', made.channel_key, input)).toMatchObject({
        status: 201,
        data: { result: 'activated', license: { devices_used: license.devices_used + 1 } },
      });
      await expectAllInOrder(home);
    });

    it('has told of every end, so that the server tells of none again', async () => {
      const ends = await withDatabase(home, (db) =>
        db('licenses')
          .where({ account_id: made.account_id, revoked_at: null, suspended_at: null })
          .where('ends_at', '<=', Date.now())
          .select('id', 'ends_at', 'expiry_told_for'),
      );
      expect(ends.length).toBeGreaterThan(10);
      expect(ends.filter((license) => license.expiry_told_for !== license.ends_at)).toEqual([]);
      const told: string[] = await withDatabase(home, (db) =>
        db('events').where({ account_id: made.account_id, type: 'license.expired' }).pluck('license_id'),
      );
      expect(told.sort()).toEqual(ends.map(({ id }) => id).sort());
    });

    it('knows the machines that it says are active', async () => {
      const [device] = await withDatabase(home, (db) =>
        db('devices')
          .join('licenses', 'licenses.id', 'devices.license_id')
          .where({ 'devices.account_id': made.account_id, deactivated_at: null, type: 'perpetual' })
          .where({ suspended_at: null, revoked_at: null })
          .limit(1)
          .select('fingerprint', 'license_id'),
      );
      const { data: license } = await call<Listed>(`/licenses/${device.license_id}`, made.admin_key);
      const machine = { license_key: license.key, device: { fingerprint: device.fingerprint } };
      expect((await call('/activate/validate', made.channel_key, machine)).data).toMatchObject({
        valid: true,
        code: 'VALID',
      });
    });

    it('gives no second trial to a machine that had one', async () => {
      const [trial] = await withDatabase(home, (db) =>
        db('devices')
          .join('licenses', 'licenses.id', 'devices.license_id')
          .where({ 'devices.account_id': made.account_id, type: 'trial', revoked_at: null })
          .where('ends_at', '<', Date.now())
          .where({ suspended_at: null })
          .limit(1)
          .select('fingerprint', 'product_id'),
      );
      const input = { product_id: trial.product_id, device: { fingerprint: trial.fingerprint } };
      expect((await call('/activate/trial', made.channel_key, input)).status).toBe(403);
    });

    it('the same seed gives the same people and the same licenses, another seed others', async () => {
      const [one, again, other] = [
        await thriveJson<Made>(home, 'demo', '--seed', '8'),
        await thriveJson<Made>(home, 'demo', '--seed', '8'),
        await thriveJson<Made>(home, 'demo', '--seed', '9'),
      ];
      const storyOf = ({ account_id }: Made) =>
        withDatabase(home, async (db) => ({
          people: await db('customers')
            .where({ account_id })
            .orderBy('email')
            .select('email', 'name', 'company'),
          licenses: await db('licenses')
            .where({ account_id })
            .orderBy('id')
            .select('type', 'device_limit', 'metadata'),
          machines: await db('devices')
            .where({ account_id })
            .orderBy('fingerprint')
            .select('fingerprint', 'name'),
        }));
      expect(await storyOf(again)).toEqual(await storyOf(one));
      expect(await storyOf(other)).not.toEqual(await storyOf(one));
    });

    it('leaves the first account the first: a restart still names that one', async () => {
      const { account_id } = server.start;
      await server.end('SIGTERM');
      server = await startServer(home);
      expect(server.start.account_id).toBe(account_id);
    });
  });
});

describe('very much demo data', () => {
  let home: TestDatabase;
  let server: ServerProcess | undefined;
  let run: ReturnType<typeof startThrive> | undefined;
  beforeEach(async () => {
    home = await createTestDatabase('sqlite');
    server = await startServer(home);
  });
  afterEach(async () => {
    run?.child.kill('SIGKILL');
    await run?.exited;
    run = undefined;
    await server?.end('SIGTERM');
    await home.remove();
  });
  const stopServer = async () => {
    await server?.end('SIGTERM');
    server = undefined;
  };

  it('20,000 licenses stay within a bound of memory, and say every tenth how far they are', async () => {
    await stopServer();
    const watcher = join(home.dataDir, 'watch-memory.mjs');
    await writeFile(
      watcher,
      "process.on('exit', () => console.error('maxRSS ' + process.resourceUsage().maxRSS / 1024 + ' MB'));",
    );
    const { code, stdout, stderr } = await thrive(home, ['demo', '--licenses', '20000', '--json'], {
      NODE_OPTIONS: `--import=${pathToFileURL(watcher).href}`,
    });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ counts: { licenses: 20_000 }, interrupted: false });
    const told = [...stderr.matchAll(/^\d+ of 20000 licenses \((\d+) %\)$/gm)].map(([, percent]) => percent);
    expect(told.at(-1)).toBe('100');
    expect(told.length).toBeGreaterThan(3);
    expect(Number(stderr.match(/^maxRSS ([\d.]+) MB$/m)?.[1])).toBeLessThan(650);
    await expectAllInOrder(home);
  }, 240_000);

  /** Starts a run that has much to do, and waits until it has written something. */
  const startLongRun = async () => {
    const started = startThrive(home, ['demo', '--licenses', '1000000', '--json']);
    run = started;
    await expect
      .poll(() => withDatabase(home, (db) => db('licenses').count({ n: '*' }).first()), { timeout: 30_000 })
      .not.toMatchObject({ n: 1 });
    return started;
  };

  it('Ctrl-C ends it with what is written so far, whole, and with its keys', async () => {
    await stopServer();
    const { child, exited } = await startLongRun();
    child.kill('SIGINT');
    const { code, stdout } = await exited;
    expect(code).toBe(1);
    const made = JSON.parse(stdout) as Made;
    expect(made.interrupted).toBe(true);
    expect(made.counts.licenses).toBeGreaterThan(0);
    expect(made.counts.licenses).toBeLessThan(1_000_000);
    await expectAllInOrder(home);
    server = await startServer(home);
    const response = await fetch(`${server.start.base_url}/api/v1/licenses`, {
      headers: { authorization: `Bearer ${made.admin_key}` },
    });
    expect(response.status).toBe(200);
  });

  it('a run that dies in the middle leaves everything in order', async () => {
    await stopServer();
    const { child, exited } = await startLongRun();
    child.kill('SIGKILL');
    await exited;
    await expectAllInOrder(home);
  });

  it('a running server goes on answering writes meanwhile', async () => {
    const { base_url, admin_key } = server?.start ?? {};
    const { child, exited } = await startLongRun();
    const statuses: number[] = [];
    for (let n = 0; n < 10; n++) {
      const response = await fetch(`${base_url}/api/v1/products`, {
        method: 'POST',
        headers: { authorization: `Bearer ${admin_key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ name: `Product ${n}` }),
      });
      statuses.push(response.status);
    }
    expect(child.exitCode, 'the run must still go on').toBeNull();
    expect(statuses).toEqual(Array(10).fill(201));
    child.kill('SIGINT');
    await exited;
    await expectAllInOrder(home);
  });
});

describe('the demo command', () => {
  let home: TestDatabase;
  beforeAll(async () => {
    home = await createTestDatabase('sqlite');
    await (await startServer(home)).end('SIGTERM');
  });
  afterAll(() => home?.remove());

  it('refuses nonsense with a sentence and 2, and makes nothing', async () => {
    for (const args of [
      ['--licenses', '0'],
      ['--licenses', '-1'],
      ['--licenses', '1.5'],
      ['--licenses', '10000001'],
      ['--licenses'],
      ['--seed', '-1'],
      ['--seed', 'x'],
      ['--name', ' '],
      ['nonsense'],
    ]) {
      const { code, stdout, stderr } = await thrive(home, ['demo', ...args]);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr.trim()).not.toBe('');
      expect(stderr).not.toMatch(/^\s+at /m);
    }
    expect(await thriveJson(home, 'account', 'list')).toHaveLength(1);
  });

  it('explains itself', async () => {
    const { code, stdout } = await thrive(home, ['demo', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: thrive demo');
    for (const option of ['--name', '--licenses', '--seed', '--json']) expect(stdout).toContain(option);
  });
});
