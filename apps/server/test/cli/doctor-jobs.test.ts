import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { minuteMs } from '../../src/platform/clock.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';
import { thrive } from '../support/thrive.ts';

/** A kind that no server knows: one that runs does not get to such a job, however long it waits. */
const unknownKind = 'test.nobody-does-this';

eachDatabase((database) => {
  let home: TestDatabase;
  let server: ServerProcess | undefined;
  let db: Knex;
  beforeAll(async () => {
    home = await createTestDatabase(database);
    server = await startServer(home);
    db = openDatabase(home);
    if (database === 'sqlite') await db.raw('PRAGMA busy_timeout = 20000');
  });
  afterEach(async () => {
    await db('jobs').where({ kind: unknownKind }).orWhereNotNull('dead_at').delete();
  });
  afterAll(async () => {
    await db?.destroy();
    await server?.end('SIGTERM');
    await home?.remove();
  });

  /** A job that was due so many minutes ago. */
  const job = async (minutesAgo: number, more: Record<string, unknown> = {}) => {
    const run_at = Date.now() - minutesAgo * minuteMs;
    await db('jobs').insert({
      ...{ id: randomUUID(), kind: unknownKind, key: randomUUID(), payload: 'null', run_at },
      ...{ lease_until: 0, attempts: 0, wakes: 0, created_at: run_at, ...more },
    });
  };
  /** The doctor's exit code, and what it says about one thing. */
  const doctor = async (check: string) => {
    const { code, stdout } = await thrive(home, ['doctor']);
    const paragraphs = stdout.split(/\n(?=\S)/);
    return {
      code,
      problems: paragraphs.filter((text) => text.startsWith(`PROBLEM  ${check}:`)),
      well: paragraphs.filter((text) => text.startsWith(`ok       ${check}:`)),
    };
  };

  describe('the doctor on jobs', () => {
    it('finds nothing wrong with a job that is a little late, is being done, or failed a few times', async () => {
      await job(9);
      await job(60, { lease_until: Date.now() + minuteMs, ticket: randomUUID(), attempts: 1 });
      await job(-60, { attempts: 4, last_error: 'the receiver was away' });
      expect(await doctor('jobs')).toEqual({
        code: 0,
        problems: [],
        well: ['ok       jobs: none fails or is late'],
      });
    });

    it('lists each dead job with its kind, its key, its last error and what to do', async () => {
      const dead_at = Date.parse('2026-11-20T10:00:00.000Z');
      const last_error = 'the disk\n  is full';
      await job(0, { key: 'all', attempts: 12, last_error, dead_at });
      await job(0, {
        kind: 'webhooks.deliver',
        key: 'whe_1',
        attempts: 3,
        last_error: 'no such host',
        dead_at,
      });
      const { code, problems } = await doctor('jobs');
      expect(code).toBe(1);
      expect(problems.sort()).toEqual([
        `PROBLEM  jobs: ${unknownKind} of all was given up at 2026-11-20T10:00:00.000Z after 12 runs: the disk is full\n` +
          '         Mend the cause. The next start of a server begins it anew.',
        'PROBLEM  jobs: webhooks.deliver of whe_1 was given up at 2026-11-20T10:00:00.000Z after 3 runs: no such host\n' +
          '         Mend the cause. Redeliver or recover at that endpoint, and it begins anew.',
      ]);
    });

    it('lists twenty of very many dead ones, and says that there are more', async () => {
      for (let n = 0; n < 22; n++) await job(0, { dead_at: Date.now(), last_error: 'x', attempts: 1 });
      const { problems } = await doctor('jobs');
      expect(problems).toHaveLength(21);
      expect(problems.at(-1)).toContain('and more of these');
    });

    it('names a job that fails again and again, and when it is tried next', async () => {
      const run_at = Date.now() + 30 * minuteMs;
      await job(0, { key: 'all', run_at, attempts: 5, last_error: 'no such column' });
      const { code, problems } = await doctor('jobs');
      expect({ code, problems }).toEqual({
        code: 1,
        problems: [
          `PROBLEM  jobs: ${unknownKind} of all has failed 5 times in a row: no such column\n` +
            `         Mend the cause. It is tried again at ${new Date(run_at).toISOString()}.`,
        ],
      });
    });

    it('a webhook endpoint that is not counted is a broken promise', async () => {
      const account_id = server?.start.account_id;
      expect((await doctor('promises')).problems).toEqual([]);
      await db('account_counters').where({ account_id }).increment('webhook_endpoints', 1);
      const { code, problems } = await doctor('promises');
      expect(code).toBe(1);
      expect(problems).toMatchObject([
        expect.stringContaining(`the webhook endpoints of ${account_id} are counted wrong`),
      ]);
      const now = Date.now();
      await db('webhook_endpoints').insert({
        ...{
          id: 'whe_test',
          account_id,
          url: 'https://example.com',
          events: '["*"]',
          ordered: 0,
          enabled: 0,
        },
        ...{ secret_sealed: '', after_sequence: 0, created_at: now, updated_at: now, version: 1 },
      });
      expect(await doctor('promises')).toMatchObject({ code: 0, problems: [] });
    });

    it('a server that does not get to its jobs is a problem; without a server they only wait', async () => {
      await job(25);
      await job(11);
      const found = `2 of ${unknownKind} overdue, the longest by 25 minutes`;
      const before = await db('jobs').where({ kind: unknownKind }).orderBy('id');
      const late = await doctor('jobs');
      expect(late.code).toBe(1);
      expect(late.problems).toEqual([expect.stringContaining(found)]);
      expect(late.problems[0]).toMatch(/server .*its jobs/);
      // Looking changes nothing.
      expect(await db('jobs').where({ kind: unknownKind }).orderBy('id')).toEqual(before);

      await server?.end('SIGTERM');
      server = undefined;
      const stopped = await doctor('jobs');
      // Whether one runs cannot be told on PostgreSQL, and the doctor says so.
      expect(stopped).toMatchObject(
        database === 'sqlite'
          ? { code: 0, problems: [], well: [expect.stringContaining(`${found}: they wait for a server`)] }
          : { code: 1, problems: [expect.stringContaining('Start one; where one runs')] },
      );
    });
  });
});
