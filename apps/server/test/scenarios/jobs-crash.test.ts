import { setTimeout as wait } from 'node:timers/promises';
import { createLicenses, type License } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { expectEventsInOrder } from '../support/seat-invariants.ts';
import { failedStart, openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';

const rounds = 6;
/** More than one sweep's batch. */
const endingEachRound = 250;
/** Ends of a round lie up to so long before and after its beginning. */
const spreadMs = 400;
/** No promise of the product: what a busy machine gets for what takes well under a second. */
const patienceMs = 30_000;
const serversCount = { sqlite: 1, postgres: 2 } as const;

eachDatabase((kind) => {
  let database: TestDatabase;
  let db: Knex;
  const servers: ServerProcess[] = [];
  beforeEach(async () => {
    database = await createTestDatabase(kind);
  });
  afterEach(async () => {
    await endAll('SIGKILL');
    await db?.destroy();
    await database.remove();
  });
  const fillUp = async () => {
    const missing = Array.from({ length: serversCount[kind] - servers.length }, async () => {
      servers.push(await startServer(database));
    });
    await Promise.all(missing);
  };
  const endAll = async (signal: 'SIGTERM' | 'SIGKILL') => {
    const ending = servers.splice(0);
    await Promise.all(ending.map((server) => server.end(signal)));
  };

  /**
   * As if a minute had passed for the jobs: all that they know of time goes back by one. So the lease of a worker that was
   * killed ends now instead of in a minute, and no rule of the server is bent for it. The lease of a worker that lives may
   * end early by this, which is harder than what a minute does: two then do the same work at once.
   */
  const passMinute = async () => {
    // One by one: a statement that locks them all could wait in a circle with a start, which looks at several.
    for (const id of await db('jobs').pluck('id')) {
      await db('jobs')
        .where({ id })
        .update({
          run_at: db.raw('run_at - ?', [minuteMs]),
          lease_until: db.raw('lease_until - ?', [minuteMs]),
        });
    }
  };
  const sweepJob = (): Promise<{ run_at: number; lease_until: number }> =>
    db('jobs').where({ kind: 'licenses.expire' }).first();
  const isSweeping = async () => (await sweepJob()).lease_until > Date.now();
  const countTold = async () => {
    const [row] = await db('events').where({ type: 'license.expired' }).count({ count: '*' });
    return Number(row?.['count']);
  };
  const until = (look: () => Promise<unknown>) => {
    const poll = { timeout: patienceMs, interval: 3 };
    return expect.poll(look, poll);
  };
  /** They end about now. Written past the API, so that nothing is known of it beforehand. */
  const letEnd = (ids: readonly string[]) =>
    db.transaction(async (trx) => {
      for (const [n, id] of ids.entries()) {
        const at = Date.now() + Math.round(((2 * n) / ids.length - 1) * spreadMs);
        await trx('licenses').where({ id }).update({ expires_at: at, expires_sort: at, ends_at: at });
      }
    });
  const newLicenses = async (product_id: string, count: number): Promise<string[]> => {
    const { base_url, admin_key } = servers[0]?.start ?? {};
    const terms = { product_id, type: 'timed', duration_days: 30, grace_days: 0 };
    const { data } = await restDoor(() => base_url ?? '').call<{ licenses: License[] }>(
      createLicenses,
      { licenses: Array.from({ length: count }, () => terms) },
      { key: admin_key ?? '' },
    );
    return data.licenses.map(({ id }) => id);
  };

  it(`servers that are killed with -9 again and again while ${rounds * endingEachRound} licenses end tell of each once`, async () => {
    await fillUp();
    db = openDatabase(database);
    if (kind === 'sqlite') await db.raw('PRAGMA busy_timeout = 20000');
    const product_id = servers[0]?.start.product_id ?? '';
    const staying = await newLicenses(product_id, 20);
    const ending: string[][] = [];
    for (let round = 0; round < rounds; round++) ending.push(await newLicenses(product_id, endingEachRound));

    let killedSweeping = 0;
    for (const [round, ids] of ending.entries()) {
      const before = await countTold();
      await letEnd(ids);
      await passMinute();
      if (round % 2 === 0) {
        // In the middle of a sweep, and all at once: a power cut. Where in its work a server dies, real time decides.
        const isOver = async () => (await countTold()) >= before + ids.length;
        await until(async () => (await isSweeping()) || (await isOver())).toBe(true);
        await wait(Math.random() * 20);
        await endAll('SIGKILL');
        if (await isSweeping()) killedSweeping += 1;
      } else {
        // At any moment from the first telling on; where there is a second server, it goes on.
        await until(countTold).toBeGreaterThan(before);
        await wait(Math.random() * spreadMs);
        await servers.shift()?.end('SIGKILL');
      }
      // However it died, nothing is held for longer than a minute.
      const held = await db('jobs').where('lease_until', '>', Date.now() + minuteMs);
      expect(held).toEqual([]);
      await fillUp();
      if (kind === 'sqlite' && round === 0) expect((await failedStart(database)).code).toBeGreaterThan(0);
    }
    expect(killedSweeping).toBeGreaterThan(0);

    await passMinute();
    await until(countTold).toBe(ending.flat().length);
    // Whoever would tell twice gets the occasion.
    await passMinute();
    await until(async () => (await sweepJob()).run_at > Date.now()).toBe(true);
    // What the dead held is done by others.
    const abandoned = () => db('jobs').whereNotNull('ticket').where('lease_until', '<=', Date.now());
    await until(abandoned).toEqual([]);
    await endAll('SIGTERM');

    const told: string[] = await db('events').where({ type: 'license.expired' }).pluck('license_id');
    expect(told.sort()).toEqual(ending.flat().sort());
    expect(await db('licenses').whereIn('id', staying).whereNotNull('expiry_told_for')).toEqual([]);
    await expectEventsInOrder(db);
    const jobs: { kind: string; run_at: number; lease_until: number; dead_at: number | null }[] =
      await db('jobs');
    expect(jobs.length).toBeGreaterThan(3);
    for (const job of jobs) {
      expect(job).toMatchObject({ ticket: null, dead_at: null, last_error: null });
      expect(job.lease_until, job.kind).toBeLessThanOrEqual(Date.now());
      expect(job.run_at, job.kind).toBeLessThanOrEqual(Date.now() + dayMs);
    }
  }, 300_000);
});
