import { randomUUID } from 'node:crypto';
import { dayMs } from '../clock.ts';
import { fromJson, toJson } from '../db/columns.ts';
import type { SqlRunner } from '../db/dialect/dialect.ts';
import type { RepositoryTools } from '../db/repository-tools.ts';

/** A piece of work that this process holds until `lease_until`. Times in epoch milliseconds. */
export interface ClaimedJob {
  readonly id: string;
  readonly kind: string;
  /** What the work is about: an account, an endpoint. */
  readonly key: string;
  readonly payload: unknown;
  /** When it was due. */
  readonly run_at: number;
  readonly lease_until: number;
  /** Proof of the claim: a worker that was thought dead and is not cannot finish what another does now. */
  readonly ticket: string;
  /** How many times it was begun since it last ended well, this one included. */
  readonly attempts: number;
  readonly wakes: number;
}

/** A job that failed too often. It stays until somebody looks, or asks for the work again. */
export interface DeadJob {
  readonly kind: string;
  readonly key: string;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly dead_at: number;
}

/** A job that failed several times in a row, and is tried again. */
export interface FailingJob extends Omit<DeadJob, 'dead_at'> {
  readonly run_at: number;
}

type Work = [kind: string, key: string, at: { run_at: number; now: number; payload?: unknown }];

/**
 * Asks for work in the transaction of the change that makes it necessary. There is one job per kind and key: asked for
 * again, it comes to the earlier time; while it runs, it runs once more afterwards; and a dead one is given a new life.
 */
export async function enqueueJob(sql: SqlRunner, ...[kind, key, at]: Work): Promise<void> {
  await sql(
    `insert into jobs (id, kind, key, payload, run_at, lease_until, attempts, wakes, created_at)
     values (?, ?, ?, ?, ?, 0, 0, 0, ?)
     on conflict (kind, key) do update set
       run_at = case when jobs.dead_at is null and jobs.run_at < excluded.run_at then jobs.run_at else excluded.run_at end,
       attempts = case when jobs.dead_at is null then jobs.attempts else 0 end,
       wakes = jobs.wakes + 1, payload = excluded.payload, dead_at = null`,
    [randomUUID(), kind, key, toJson(at.payload ?? null), at.run_at, at.now],
  );
}

export type JobQueue = ReturnType<typeof createJobQueue>;

/** Touched by transactions that ask for work: the runner of this process looks at once instead of at its next poll. */
export const jobsTag = 'jobs';

/** No recurring job plans further ahead. One that has was written while the clock was ahead, and would never run again. */
const recurringWithinMs = dayMs;

/**
 * A lease queue in one table, the same on both databases (webhooks.md, "Jobs"). A job is run at least once: what it does
 * must be guarded by the rows it changes.
 */
export function createJobQueue({
  sql,
  touch,
  skipLocked,
}: Pick<RepositoryTools, 'sql' | 'touch' | 'skipLocked'>) {
  return {
    /** {@link enqueueJob}, in this transaction. */
    async enqueue(...work: Work): Promise<void> {
      touch(jobsTag);
      await enqueueJob(sql, ...work);
    },

    /** Sees to it that a recurring job of this kind and key is there and alive; one that is keeps its time. */
    async ensure(kind: string, key: string, now: number): Promise<void> {
      await sql(
        `insert into jobs (id, kind, key, payload, run_at, lease_until, attempts, wakes, created_at)
         values (?, ?, ?, 'null', ?, 0, 0, 0, ?)
         on conflict (kind, key) do update set
           run_at = excluded.run_at, lease_until = 0, ticket = null, attempts = 0, dead_at = null
         where jobs.dead_at is not null or jobs.run_at > ? or jobs.lease_until > ?`,
        [randomUUID(), kind, key, now, now, now + recurringWithinMs, now + recurringWithinMs],
      );
    },

    /** How many jobs of each kind could be claimed now, at most `max` counted of each. Takes nothing. */
    async countDue(kinds: readonly string[], now: number, max: number): Promise<Map<string, number>> {
      const due = new Map<string, number>();
      for (const kind of kinds) {
        const rows = await sql(
          'select 1 from jobs where kind = ? and dead_at is null and run_at <= ? and lease_until <= ? limit ?',
          [kind, now, now, max],
        );
        if (rows.length > 0) due.set(kind, rows.length);
      }
      return due;
    },

    /** Takes due jobs, longest due first. A job whose holder died is due again when the lease ends. */
    async claim(
      kind: string,
      { now, count, leaseMs }: { now: number; count: number; leaseMs: number },
    ): Promise<ClaimedJob[]> {
      const ticket = randomUUID();
      const lease_until = now + leaseMs;
      const rows = await sql<Omit<ClaimedJob, 'payload' | 'ticket' | 'lease_until'> & { payload: string }>(
        `update jobs set lease_until = ?, ticket = ?, attempts = attempts + 1 where id in (
           select id from jobs where kind = ? and dead_at is null and run_at <= ? and lease_until <= ?
           order by run_at limit ?${skipLocked}
         ) returning id, kind, key, payload, run_at, attempts, wakes`,
        [lease_until, ticket, kind, now, now, count],
      );
      return rows
        .map((row) => ({ ...row, payload: fromJson(row.payload), ticket, lease_until }))
        .sort((a, b) => a.run_at - b.run_at);
    },

    /** The work is done. Was it asked for again meanwhile, it is due at once. @param againAt when to run it again; null: never. */
    async finish(job: ClaimedJob, { now, againAt }: { now: number; againAt: number | null }): Promise<void> {
      if (againAt === null) {
        const gone = await sql('delete from jobs where id = ? and ticket = ? and wakes = ? returning id', [
          job.id,
          job.ticket,
          job.wakes,
        ]);
        if (gone.length > 0) return;
      }
      await sql(
        `update jobs set lease_until = 0, ticket = null, attempts = 0, last_error = null,
           run_at = case when wakes = ? then cast(? as bigint) else cast(? as bigint) end where id = ? and ticket = ?`,
        [job.wakes, againAt ?? now, now, job.id, job.ticket],
      );
    },

    /**
     * The work failed; it is tried again at `retryAt`, or is dead (null). Was it asked for again meanwhile, it has a new
     * life instead.
     *
     * @returns whether it is dead.
     */
    async fail(
      job: ClaimedJob,
      { now, retryAt, error }: { now: number; retryAt: number | null; error: string },
    ): Promise<boolean> {
      const [row] = await sql<{ dead_at: number | null }>(
        `update jobs set lease_until = 0, ticket = null, last_error = ?, run_at = ?,
           attempts = case when ? = 0 or wakes = ? then attempts else 0 end,
           dead_at = case when ? = 1 and wakes = ? then cast(? as bigint) end
         where id = ? and ticket = ? returning dead_at`,
        [
          ...[error.slice(0, 500), retryAt ?? now],
          ...[Number(retryAt === null), job.wakes, Number(retryAt === null), job.wakes, now],
          ...[job.id, job.ticket],
        ],
      );
      return row !== undefined && row.dead_at !== null;
    },

    /** The newest dead jobs, for whoever looks after the installation. */
    listDead: (limit: number): Promise<DeadJob[]> =>
      sql(
        'select kind, key, attempts, last_error, dead_at from jobs where dead_at is not null order by dead_at desc limit ?',
        [limit],
      ),

    /** Jobs that failed so often since they last ended well and are tried again, the most often failed first. */
    listFailing: (failuresMin: number, limit: number): Promise<FailingJob[]> =>
      sql(
        `select kind, key, attempts, last_error, run_at from jobs
         where dead_at is null and last_error is not null and attempts >= ? order by attempts desc limit ?`,
        [failuresMin, limit],
      ),

    /** Jobs that were due before a moment and that nobody has begun, by kind, and when the first of them was due. */
    countOverdue: (
      dueBefore: number,
      now: number,
    ): Promise<{ kind: string; count: number; run_at: number }[]> =>
      sql(
        `select kind, count(*) as count, min(run_at) as run_at from jobs
         where dead_at is null and run_at < ? and lease_until <= ? group by kind order by kind`,
        [dueBefore, now],
      ),

    /** Jobs that are due and that nobody has begun, and dead ones, by kind. */
    async count(now: number): Promise<{ kind: string; waiting: number; dead: number }[]> {
      return sql(
        `select kind, sum(case when dead_at is null and run_at <= ? and lease_until <= ? then 1 else 0 end) as waiting,
           sum(case when dead_at is null then 0 else 1 end) as dead from jobs group by kind`,
        [now, now],
      );
    },
  };
}
