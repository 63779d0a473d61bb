import { afterEach, describe, expect, it } from 'vitest';
import type { JobQueue } from '../../src/platform/jobs/job-queue.ts';
import {
  createJobRunner,
  type JobKind,
  type JobOutcome,
  type JobRun,
  type JobRunner,
  retryDelayMs,
} from '../../src/platform/jobs/job-runner.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { unique } from '../support/builders.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

const log = createLogger('silent');
const leaseMs = 60_000;

eachDatabase((database) => {
  const server = useServer(database);
  const runners: JobRunner[] = [];
  afterEach(async () => {
    for (const runner of runners.splice(0)) await runner.stop();
  });

  const inTransaction = <Result>(work: (jobs: JobQueue) => Promise<Result>) =>
    server.platform.uow.runInternal((tx) => work(tx.jobs));
  const now = () => server.clock.now();
  const enqueue = (kind: string, key: string, in_ms = 0) =>
    inTransaction((jobs) => jobs.enqueue(kind, key, { run_at: now() + in_ms, now: now() }));
  const rowsOf = (kind: string) => server.platform.database('jobs').where({ kind }).orderBy('key');
  const claim = (kind: string, count = 1) =>
    inTransaction((jobs) => jobs.claim(kind, { now: now(), count, leaseMs }));

  /** A runner of one kind, and what it ran. */
  const runnerOf = (
    kind: string,
    run: (job: JobRun) => Promise<JobOutcome> = async () => undefined,
    more: Partial<JobKind> = {},
    uow: Parameters<typeof createJobRunner>[0]['uow'] = server.platform.uow,
  ) => {
    const ran: JobRun[] = [];
    const seen: string[] = [];
    const runner = createJobRunner({
      ...{ uow, clock: server.clock, log },
      observer: { began: () => {}, ended: (_kind, outcome) => seen.push(outcome) },
      kinds: [
        {
          kind,
          concurrencyMax: 8,
          leaseMs,
          attemptsMax: 3,
          ...more,
          run: (job) => {
            ran.push(job);
            return run(job);
          },
        },
      ],
    });
    runners.push(runner);
    return { runner, ran, seen };
  };

  it('a job runs when it is due, not before, and is gone when it is done', async () => {
    const kind = unique('kind');
    const { runner, ran } = runnerOf(kind);
    await enqueue(kind, 'a', 5_000);
    server.clock.advance(4_999);
    await runner.runDue();
    expect(ran).toEqual([]);
    server.clock.advance(1);
    await runner.runDue();
    expect(ran.map(({ key, attempts }) => [key, attempts])).toEqual([['a', 1]]);
    expect(await rowsOf(kind)).toEqual([]);
  });

  it('there is one job of a kind and key, at the earliest time that was asked for', async () => {
    const kind = unique('kind');
    await enqueue(kind, 'a', 9_000);
    await enqueue(kind, 'a', 3_000);
    await enqueue(kind, 'a', 6_000);
    const rows = await rowsOf(kind);
    expect(rows.map(({ run_at }) => run_at - now())).toEqual([3_000]);
  });

  it('a job that is asked for while it runs, runs once more', async () => {
    const kind = unique('kind');
    const { runner, ran } = runnerOf(kind, async () => {
      if (ran.length === 1) {
        await enqueue(kind, 'a');
        await enqueue(kind, 'a');
      }
      return undefined;
    });
    await enqueue(kind, 'a');
    await runner.runDue();
    expect(ran).toHaveLength(2);
    expect(await rowsOf(kind)).toEqual([]);
  });

  it('a job that says when to go on is due then, and a failure before is forgotten', async () => {
    const kind = unique('kind');
    const { runner, ran } = runnerOf(kind, async ({ now: at }) => ({ againAt: at + 1_000 }));
    await enqueue(kind, 'a');
    await runner.runDue();
    server.clock.advance(1_000);
    await runner.runDue();
    expect(ran.map(({ attempts }) => attempts)).toEqual([1, 1]);
    expect(await rowsOf(kind)).toMatchObject([{ run_at: now() + 1_000, lease_until: 0, attempts: 0 }]);
  });

  it('nothing is asked for by a change that is rolled back', async () => {
    const kind = unique('kind');
    const failing = inTransaction(async (jobs) => {
      await jobs.enqueue(kind, 'a', { run_at: now(), now: now() });
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await rowsOf(kind)).toEqual([]);
  });

  it('what a dead worker held is claimed again when its lease ends, and not before', async () => {
    const kind = unique('kind');
    await enqueue(kind, 'a');
    const [lost] = await claim(kind);
    expect(lost).toMatchObject({ key: 'a', attempts: 1 });
    server.clock.advance(leaseMs - 1);
    expect(await claim(kind)).toEqual([]);
    server.clock.advance(1);
    expect(await claim(kind)).toMatchObject([{ key: 'a', attempts: 2 }]);
  });

  it('a worker that was thought dead cannot finish, fail or take back what another does now', async () => {
    const kind = unique('kind');
    await enqueue(kind, 'a');
    const [late] = await claim(kind);
    if (!late) throw new Error('Nothing was claimed.');
    server.clock.advance(leaseMs);
    const [held] = await claim(kind);
    await inTransaction((jobs) => jobs.finish(late, { now: now(), againAt: null }));
    await inTransaction((jobs) => jobs.finish(late, { now: now(), againAt: now() + 5 }));
    await inTransaction((jobs) => jobs.fail(late, { now: now(), retryAt: null, error: 'late' }));
    expect(await rowsOf(kind)).toMatchObject([
      { ticket: held?.ticket, lease_until: held?.lease_until, dead_at: null, last_error: null },
    ]);
  });

  it('a failing job is tried again after longer and longer, then is dead, is listed, and lives again when asked for', async () => {
    const kind = unique('kind');
    const { runner, ran, seen } = runnerOf(kind, async () => {
      throw new Error('the disk is full');
    });
    await enqueue(kind, 'a');
    await runner.runDue();
    for (const attempts of [1, 2]) {
      server.clock.advance(retryDelayMs(attempts) - 1);
      await runner.runDue();
      expect(ran).toHaveLength(attempts);
      server.clock.advance(1);
      await runner.runDue();
      expect(ran).toHaveLength(attempts + 1);
    }
    expect(seen).toEqual(['failed', 'failed', 'dead']);
    const dead = await server.platform.uow.read.jobs.listDead(100);
    expect(dead.filter((job) => job.kind === kind)).toEqual([
      { kind, key: 'a', attempts: 3, last_error: 'the disk is full', dead_at: now() },
    ]);
    server.clock.advance(100 * leaseMs);
    await runner.runDue();
    expect(ran).toHaveLength(3);

    await enqueue(kind, 'a');
    await runner.runDue();
    expect(ran.map(({ attempts }) => attempts)).toEqual([1, 2, 3, 1]);
  });

  it('a job that is asked for while it fails for the last time has a new life', async () => {
    const kind = unique('kind');
    const { runner, ran, seen } = runnerOf(
      kind,
      async ({ attempts }) => {
        if (ran.length > 1) return undefined;
        await enqueue(kind, 'a');
        throw new Error(`attempt ${attempts}`);
      },
      { attemptsMax: 1 },
    );
    await enqueue(kind, 'a');
    await runner.runDue();
    expect(seen).toEqual(['failed', 'done']);
    expect(ran.map(({ attempts }) => attempts)).toEqual([1, 1]);
    expect(await rowsOf(kind)).toEqual([]);
  });

  it('a job that kills its worker each time is dead after as many tries', async () => {
    const kind = unique('kind');
    await enqueue(kind, 'a');
    for (let death = 0; death < 3; death++) {
      expect(await claim(kind)).toHaveLength(1);
      server.clock.advance(leaseMs);
    }
    const { runner, ran, seen } = runnerOf(kind);
    await runner.runDue();
    expect(ran).toEqual([]);
    expect(seen).toEqual(['dead']);
  });

  describe('several runners on one database', () => {
    it('share the work: of 400 jobs each runs once', async () => {
      const kind = unique('kind');
      const keys = Array.from({ length: 400 }, (_, n) => `job-${String(n).padStart(3, '0')}`);
      await inTransaction(async (jobs) => {
        for (const key of keys) await jobs.enqueue(kind, key, { run_at: now(), now: now() });
      });
      const workers = Array.from({ length: 4 }, () => runnerOf(kind));
      await Promise.all(workers.map(({ runner }) => runner.runDue()));
      const all = workers.flatMap(({ ran }) => ran.map(({ key }) => key));
      expect(all.sort()).toEqual(keys);
      expect(await rowsOf(kind)).toEqual([]);
    });

    it('claims at the same moment never meet', async () => {
      const kind = unique('kind');
      await inTransaction(async (jobs) => {
        for (let n = 0; n < 60; n++) await jobs.enqueue(kind, `${n}`, { run_at: now(), now: now() });
      });
      const claims = await Promise.all(Array.from({ length: 20 }, () => claim(kind, 5)));
      const claimed = claims.flat().map(({ key }) => key);
      expect(new Set(claimed).size).toBe(claimed.length);
    });
  });

  it('a recurring job runs from the first start on, once for all runners', async () => {
    const kind = unique('kind');
    const every = { recurringKey: 'all' };
    const workers = Array.from({ length: 3 }, () =>
      runnerOf(kind, async ({ now: at }) => ({ againAt: at + 60_000 }), every),
    );
    for (const { runner } of workers) await runner.runDue();
    expect(workers.map(({ ran }) => ran.length)).toEqual([1, 0, 0]);
    server.clock.advance(60_000);
    await Promise.all(workers.map(({ runner }) => runner.runDue()));
    expect(workers.reduce((sum, { ran }) => sum + ran.length, 0)).toBe(2);
  });

  it('a recurring job that was planned or held while the clock was a year ahead runs when the next server starts', async () => {
    const kind = unique('kind');
    const every = { recurringKey: 'all' };
    const run = async ({ now: at }: JobRun) => ({ againAt: at + 60_000 });
    const yearMs = 365 * 86_400_000;
    await runnerOf(kind, run, every).runner.runDue();
    for (const wrong of [{ run_at: now() + yearMs }, { lease_until: now() + yearMs, ticket: 'x' }]) {
      await server.platform.database('jobs').where({ kind }).update(wrong);
      const { runner, ran } = runnerOf(kind, run, every);
      await runner.runDue();
      expect(ran).toHaveLength(1);
    }
  });

  it('a database that is away when a server starts does not keep its recurring jobs from ever beginning', async () => {
    const kind = unique('kind');
    let isAway = true;
    const { uow } = server.platform;
    const { runner, ran } = runnerOf(
      kind,
      undefined,
      { recurringKey: 'all' },
      {
        ...uow,
        runInternal: (work) =>
          isAway ? Promise.reject(new Error('connection refused')) : uow.runInternal(work),
      },
    );
    await expect(runner.runDue()).rejects.toThrow('connection refused');
    isAway = false;
    await runner.runDue();
    expect(ran).toHaveLength(1);
  });

  it('a run is told to end before its lease does', async () => {
    const kind = unique('kind');
    const begunAt = performance.now();
    let toldAfterMs = 0;
    const { runner, seen } = runnerOf(
      kind,
      async ({ signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        toldAfterMs = performance.now() - begunAt;
        return undefined;
      },
      { leaseMs: 300 },
    );
    await enqueue(kind, 'a');
    await runner.runDue();
    expect(seen).toEqual(['done']);
    expect(toldAfterMs).toBeGreaterThanOrEqual(199);
  });

  it('no more run at once than the kind allows, and a stop waits for them and takes nothing new', async () => {
    const kind = unique('kind');
    let active = 0;
    let mostActive = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { runner, ran } = runnerOf(
      kind,
      async ({ signal }) => {
        active += 1;
        mostActive = Math.max(mostActive, active);
        await gate;
        expect(signal.aborted).toBe(true);
        active -= 1;
        return undefined;
      },
      { concurrencyMax: 3 },
    );
    await inTransaction(async (jobs) => {
      for (let n = 0; n < 10; n++) await jobs.enqueue(kind, `${n}`, { run_at: now(), now: now() });
    });
    runner.start();
    await expect.poll(() => ran.length, { timeout: 5_000 }).toBe(3);
    const stopped = runner.stop();
    release();
    await stopped;
    expect([active, mostActive, ran.length]).toEqual([0, 3, 3]);
    expect((await rowsOf(kind)).length).toBe(7);
  });

  it('what this process asks for begins at once, not at the next poll', async () => {
    const kind = unique('kind');
    const { runner, ran } = runnerOf(kind);
    runner.start();
    await enqueue(kind, 'a');
    runner.wake();
    await expect.poll(() => ran.length, { timeout: 200, interval: 5 }).toBe(1);
  });
});
