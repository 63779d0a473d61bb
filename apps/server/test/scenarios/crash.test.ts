import { once } from 'node:events';
import { connect } from 'node:net';
import { activateLicense, createLicense, deactivateLicense, type License } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { afterEach, describe, expect, it } from 'vitest';
import { machine } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { expectNothingLost, type Known, stormUntilKilled } from '../support/killed-storm.ts';
import { fetchKeyset } from '../support/lease-verdict.ts';
import { refusesNewcomers, withTakenPort } from '../support/ports.ts';
import { expectEventsInOrder, expectSeatsInOrder } from '../support/seat-invariants.ts';
import {
  failedStart,
  openDatabase,
  type ServerProcess,
  spawnServer,
  startServer,
} from '../support/server-process.ts';

const kills = { sqlite: 20, postgres: 4 } as const;

eachDatabase((kind) => {
  let database: TestDatabase;
  let servers: ServerProcess[] = [];
  const begin = async (env?: Record<string, string>) => {
    const server = await startServer(database, env);
    servers.push(server);
    return server;
  };
  const fresh = async () => {
    database = await createTestDatabase(kind);
  };
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.end('SIGKILL')));
    servers = [];
    await database?.remove();
  });
  const lookAt = async <T>(look: (db: Knex) => Promise<T>): Promise<T> => {
    const db = openDatabase(database);
    try {
      return await look(db);
    } finally {
      await db.destroy();
    }
  };

  it(`kill -9 in the middle of a storm, ${kills[kind]} times: nothing answered is lost, no seat is doubled`, async () => {
    await fresh();
    let server = await begin();
    const { admin_key, channel_key, product_id } = server.start;
    const known: Known[] = [];
    let license: License | undefined;
    for (let round = 1; round <= kills[kind]; round++) {
      // A license of its own, or the seats that dead rounds left taken would soon refuse everybody.
      license = await newLicense(server, { product_id, device_limit: 5 }, admin_key);
      await stormUntilKilled(server, { key: channel_key ?? '', license }, known, 5 + ((round * 37) % 60));
      server = await begin();
      expect(server.start.admin_key).toBeNull();
      await lookAt(async (db) => {
        await expectSeatsInOrder(db);
        await expectEventsInOrder(db);
        await expectNothingLost(db, known);
      });
    }
    expect(known.filter(({ activated }) => typeof activated === 'object').length).toBeGreaterThan(
      5 * kills[kind],
    );
    // Alive and well: the seats that are taken can be freed, and the license filled to its limit.
    await lookAt(async (db) => {
      const ids = await db('devices').where({ license_id: license?.id, deactivated_at: null }).pluck('id');
      const door = restDoor(() => server.start.base_url);
      const proof = { license_key: license?.key };
      for (const device_id of ids) {
        const freed = await door.call(deactivateLicense, { ...proof, device_id }, { key: channel_key ?? '' });
        expect(freed.data['result']).toBe('deactivated');
      }
      for (let n = 0; n < 5; n++) {
        const input = { ...proof, device: machine() };
        const taken = await door.call(activateLicense, input, { key: channel_key ?? '' });
        expect(taken.data['result']).toBe('activated');
      }
    });
  }, 180_000);

  it('kill -9 during the very first start leaves a database that starts', async () => {
    await fresh();
    for (const afterMs of [250, 350, 450, 550, 650]) {
      const { child, exited } = spawnServer(database);
      // The one thing here that real time decides: how far a start gets before it is killed.
      const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
      await exited;
      clearTimeout(timer);
    }
    const server = await begin();
    const answer = await fetch(`${server.start.base_url}/readyz`);
    expect(answer.status).toBe(200);
  });

  it('the first start prints the keys, the second prints null, and the first ones still work', async () => {
    await fresh();
    const first = await begin();
    const { admin_key, channel_key, license_key, account_id, product_id } = first.start;
    const { stdout, code } = await first.end('SIGTERM');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n')).toHaveLength(1);

    const second = await begin();
    expect(second.start).toEqual({
      base_url: second.start.base_url,
      docs_url: `${second.start.base_url}/docs`,
      account_id,
      product_id,
      admin_key: null,
      read_only_key: null,
      channel_key: null,
      license_key: null,
    });
    const door = restDoor(() => second.start.base_url);
    const device = machine();
    const { status } = await door.call(activateLicense, { license_key, device }, { key: channel_key ?? '' });
    expect(status).toBe(201);
    expect((await newLicense(second, { product_id }, admin_key)).device_limit).toBe(3);
  });

  it('SIGTERM lets a running request finish, then ends with 0, however long the client would hold on', async () => {
    await fresh();
    const server = await begin();
    const { base_url, channel_key, license_key } = server.start;
    const body = JSON.stringify({ license_key, device: machine() });
    // A socket of one's own: like a reverse proxy, it keeps the connection open for another request.
    const { port } = new URL(base_url);
    const socket = connect(Number(port), '127.0.0.1');
    const closed = once(socket, 'close');
    await once(socket, 'connect');
    const head = [
      'POST /api/v1/activate HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${channel_key}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
    ].join('\r\n');
    // Half a request is in when the signal comes; the other half follows after it.
    socket.write(`${head}\r\n\r\n${body.slice(0, 20)}`);
    // A round trip on another connection: by then the server has read the half.
    await fetch(`${base_url}/healthz`);
    server.signal('SIGTERM');
    await refusesNewcomers(base_url);
    const answered = once(socket, 'data');
    socket.write(body.slice(20));
    expect(String((await answered)[0])).toMatch(/^HTTP\/1\.1 201 /);
    expect(await server.exited).toMatchObject({ code: 0 });
    await closed;
    await lookAt(async (db) => {
      expect(await db('devices')).toHaveLength(1);
      await expectEventsInOrder(db);
    });
  });

  it.runIf(kind === 'postgres')(
    'two servers that start at once on a new database agree on everything',
    async () => {
      await fresh();
      // Both are waited for, or one that is still starting would outlive this test.
      const starts = await Promise.allSettled([begin(), begin()]);
      expect(starts.map((start) => (start.status === 'rejected' ? String(start.reason) : 'started'))).toEqual(
        ['started', 'started'],
      );
      const [one, two] = servers;
      expect(one?.start.account_id).toBe(two?.start.account_id);
      // A lease of either is accepted by an app that fetched its keyset from the other.
      const keysets = await Promise.all(
        [one, two].map((server) => fetchKeyset({ baseUrl: server?.start.base_url ?? '' })),
      );
      const kids = keysets.map(({ keys }) => keys.map(({ kid }) => kid));
      expect(kids[0]).toEqual(kids[1]);
      await lookAt(async (db) => {
        expect(await db('accounts')).toHaveLength(1);
      });
    },
  );

  describe('a start that cannot be', () => {
    const oneSentence = /^[^\n]+\.\n$/;

    it('says in one sentence that the port is taken', async () => {
      await fresh();
      await withTakenPort(async (port) => {
        const exit = await failedStart(database, { PORT: String(port) });
        expect(exit.code).toBeGreaterThan(0);
        expect(exit.stdout).toBe('');
        expect(exit.stderr).toMatch(oneSentence);
        expect(exit.stderr).toContain(String(port));
      });
    });

    it('does not use up the keys: the first start that succeeds shows them', async () => {
      await fresh();
      await withTakenPort((port) => failedStart(database, { PORT: String(port) }));
      const { start } = await begin();
      expect(start.admin_key).toMatch(/^tt_admin_/);
      expect(start.channel_key).toMatch(/^tt_chan_/);
      expect(start.license_key).toBeTruthy();
    });

    it.runIf(kind === 'sqlite')('says in one sentence that another server has the data', async () => {
      await fresh();
      const first = await begin();
      const exit = await failedStart(database);
      expect(exit.code).toBeGreaterThan(0);
      expect(exit.stdout).toBe('');
      expect(exit.stderr).toMatch(oneSentence);
      expect(exit.stderr).toContain('DATA_DIR');
      expect((await fetch(`${first.start.base_url}/readyz`)).status).toBe(200);
    });

    it.runIf(kind === 'postgres')('says in one sentence that the database cannot be reached', async () => {
      await fresh();
      await withTakenPort(async (port) => {
        const exit = await failedStart({
          dataDir: database.dataDir,
          databaseUrl: `postgres://thrive:wrong@127.0.0.1:${port - 1 || 1}/nowhere`,
        });
        expect(exit.code).toBeGreaterThan(0);
        expect(exit.stderr).toMatch(oneSentence);
        expect(exit.stderr).not.toContain('wrong');
      });
    });
  });
});

async function newLicense(
  { start }: ServerProcess,
  fields: Record<string, unknown>,
  key = start.admin_key,
): Promise<License> {
  const door = restDoor(() => start.base_url);
  const { data } = await door.call<License>(createLicense, fields, { key: key ?? '' });
  return data;
}
