import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { machine } from '../support/builders.ts';
import { createTestDatabase, type TestDatabase } from '../support/each-database.ts';
import { type PostgresServer, startPostgres } from '../support/embedded-postgres.ts';
import { expectEventsInOrder, expectSeatsInOrder } from '../support/seat-invariants.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';

const patience = { timeout: 30_000, interval: 100 };

/** What one call of an app came to: the status, or null when no answer came. */
async function post(server: ServerProcess, path: string, key: string | null, body: object, waitMs = 10_000) {
  try {
    const response = await fetch(`${server.start.base_url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(waitMs),
    });
    const { error } = (await response.json()) as { error?: { code: string } };
    return { status: response.status, code: error?.code ?? null };
  } catch {
    return { status: null, code: null };
  }
}

describe('a PostgreSQL that fails', () => {
  let postgres: PostgresServer;
  let server: ServerProcess;
  let dataDir = '';
  const home = () => ({ dataDir, databaseUrl: `${postgres.url}/postgres` });
  const begin = async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'thrive-faults-'));
    postgres = await startPostgres(['-c', 'max_connections=50']);
    server = await startServer(home());
  };
  afterEach(async () => {
    await server?.end('SIGKILL');
    await postgres?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  const newLicense = async () => {
    const { base_url, admin_key, product_id } = server.start;
    const response = await fetch(`${base_url}/api/v1/licenses`, {
      method: 'POST',
      headers: { authorization: `Bearer ${admin_key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ product_id, device_limit: 100_000 }),
    });
    return ((await response.json()) as { data: { key: string } }).data.key;
  };

  it('killed and started again three times, it has lost nothing that was answered; meanwhile callers get a 500', async () => {
    await begin();
    const license_key = await newLicense();
    const answered: string[] = [];
    const others = new Set<string>();
    let isOver = false;
    const lane = async () => {
      while (!isOver) {
        const device = machine();
        const { status, code } = await post(server, '/activate', server.start.channel_key, {
          license_key,
          device,
        });
        if (status === 201) answered.push(device.fingerprint);
        else others.add(`${status} ${code}`);
      }
    };
    const lanes = Array.from({ length: 8 }, lane);
    for (let kill = 0; kill < 3; kill += 1) {
      const before = answered.length;
      await vi.waitUntil(() => answered.length > before + 50, patience);
      await postgres.signal('SIGKILL');
      const failed = others.size;
      await vi.waitUntil(() => others.size > failed || others.has('500 INTERNAL_ERROR'), patience);
      const { status } = await fetch(`${server.start.base_url}/readyz`);
      expect(status).toBe(503);
      await postgres.startAgain();
      const again = answered.length;
      await vi.waitUntil(() => answered.length > again, patience);
    }
    isOver = true;
    await Promise.all(lanes);
    expect([...others]).toEqual(['500 INTERNAL_ERROR']);
    const db = openDatabase(home());
    try {
      const there = new Set(await db('devices').whereNull('deactivated_at').pluck('fingerprint'));
      expect(answered.filter((fingerprint) => !there.has(fingerprint))).toEqual([]);
      await expectSeatsInOrder(db);
      await expectEventsInOrder(db);
    } finally {
      await db.destroy();
    }
  }, 180_000);

  it('that stands still keeps callers waiting, and answers them when it goes on', async () => {
    await begin();
    const license_key = await newLicense();
    const { channel_key } = server.start;
    await postgres.signal('SIGSTOP');
    const waiting = Array.from({ length: 5 }, () =>
      post(server, '/activate', channel_key, { license_key, device: machine() }, 60_000),
    );
    // The server itself is well, and says so.
    expect((await fetch(`${server.start.base_url}/healthz`)).status).toBe(200);
    await postgres.signal('SIGCONT');
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array(5).fill(201));
  }, 120_000);
});

describe('a disk that is full', () => {
  let database: TestDatabase;
  let server: ServerProcess;
  afterEach(async () => {
    await server?.end('SIGKILL');
    await database?.remove();
  });

  it('refuses changes with a 500, goes on serving reads, and has lost nothing that was answered', async () => {
    database = await createTestDatabase('sqlite');
    server = await startServer(database, {}, 4);
    const { base_url, admin_key } = server.start;
    const made: string[] = [];
    const notes = 'x'.repeat(900);
    for (let count = 0; count < 20_000; count += 20) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async (_, n) => {
          const email = `customer${count + n}@example.com`;
          const { status } = await post(server, '/customers', admin_key, { email, metadata: { notes } });
          if (status === 201) made.push(email);
          return status;
        }),
      );
      if (answers.some((status) => status !== 201)) {
        expect(new Set(answers.filter((status) => status !== 201))).toEqual(new Set([500]));
        break;
      }
    }
    expect(made.length).toBeGreaterThan(50);
    const list = await fetch(`${base_url}/api/v1/customers`, {
      headers: { authorization: `Bearer ${admin_key}` },
    });
    expect(list.status).toBe(200);
    await server.end('SIGKILL');

    // With room again, it starts and goes on.
    server = await startServer(database);
    const db = openDatabase(database);
    try {
      const there = new Set(await db('customers').pluck('email'));
      expect(made.filter((email) => !there.has(email))).toEqual([]);
      await expectEventsInOrder(db);
    } finally {
      await db.destroy();
    }
    expect((await post(server, '/customers', admin_key, { email: 'after@example.com' })).status).toBe(201);
  }, 180_000);
});
