import type { Clock } from '../clock.ts';
import { minuteMs } from '../clock.ts';
import type { UnitOfWork } from '../db/unit-of-work.ts';
import type { Logger } from '../logger.ts';
import { noTracing, type Tracing } from '../tracing.ts';
import type { ClaimedJob, JobQueue } from './job-queue.ts';

/** What a run leaves: nothing more to do, or when to run again (epoch milliseconds). */
export type JobOutcome = { readonly againAt: number } | undefined;

/** Work of one kind. It runs at least once: its effects must be guarded by the rows it changes. */
export interface JobKind {
  readonly kind: string;
  /** How many run at once in this process. */
  readonly concurrencyMax: number;
  /** How long a claim holds. A worker that dies is followed by another after this, so a run must end well before. */
  readonly leaseMs: number;
  /** Runs that may fail one after the other before the job is dead. */
  readonly attemptsMax: number;
  /** Runs by itself from the first start on, under this key; what it returns says when next. */
  readonly recurringKey?: string;
  run(job: JobRun): Promise<JobOutcome>;
}

/** One run of a job. */
export interface JobRun extends ClaimedJob {
  /** The time at which it was claimed. */
  readonly now: number;
  /** Aborted when the server stops, and when most of the lease is over: end soon, and say when to go on. */
  readonly signal: AbortSignal;
}

/** Told of what happens, for metrics. */
export interface JobObserver {
  /** A run begins, so long after it was due. */
  began(kind: string, lagMs: number): void;
  ended(kind: string, outcome: 'done' | 'failed' | 'dead'): void;
}

export interface JobRunner {
  /** Begins to look for due work by itself: every so often, and at once when this process asked for some. */
  start(): void;
  /** Work was asked for. */
  wake(): void;
  /** Runs what is due now, and what that makes due, until nothing is. */
  runDue(): Promise<void>;
  /** Takes nothing new, and resolves when what runs has ended. */
  stop(): Promise<void>;
}

const pollEveryMs = 250;
const claimMax = 64;
const retryDelayMaxMs = 60 * minuteMs;
/** A run is told to end when so much of its lease is over: afterwards another worker may begin the same. */
const leasePartToUse = 2 / 3;

/** Before a failed run is repeated: 1 s, 4 s, 16 s and so on, at most an hour. */
export const retryDelayMs = (attempts: number): number =>
  Math.min(retryDelayMaxMs, 1_000 * 4 ** Math.min(attempts - 1, 10));

export function createJobRunner(options: {
  uow: UnitOfWork<{ jobs: JobQueue }>;
  clock: Clock;
  log: Logger;
  kinds: readonly JobKind[];
  observer: JobObserver;
  tracing?: Tracing;
}): JobRunner {
  const { uow, clock, log, kinds, observer, tracing = noTracing } = options;
  let isStopping = false;
  const endings = new Set<AbortController>();
  const running = new Map<string, Set<Promise<void>>>(kinds.map(({ kind }) => [kind, new Set()]));
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<number> | undefined;
  let isWoken = false;
  let recurring: Promise<void> | undefined;

  /** Runs it, and tells it when to end. */
  const runInTime = async (kind: JobKind, job: ClaimedJob, now: number): Promise<JobOutcome> => {
    const ending = new AbortController();
    if (isStopping) ending.abort();
    endings.add(ending);
    const ends = setTimeout(() => ending.abort(), kind.leaseMs * leasePartToUse);
    try {
      return await tracing.observe(
        {
          ...{ name: kind.kind, kind: 'consumer', isApart: true },
          facts: { job: kind.kind, attempt: job.attempts },
        },
        () => kind.run({ ...job, now, signal: ending.signal }),
      );
    } finally {
      clearTimeout(ends);
      endings.delete(ending);
    }
  };

  const runOne = async (kind: JobKind, job: ClaimedJob, now: number): Promise<void> => {
    observer.began(kind.kind, now - job.run_at);
    try {
      // Counted when it is claimed: a job that kills its worker each time must not do so for ever.
      if (job.attempts > kind.attemptsMax) throw new Error('It was begun too often without ending.');
      const outcome = await runInTime(kind, job, now);
      await uow.runInternal((tx) =>
        tx.jobs.finish(job, { now: clock.now(), againAt: outcome?.againAt ?? null }),
      );
      observer.ended(kind.kind, 'done');
    } catch (error) {
      const isLast = job.attempts >= kind.attemptsMax;
      log.warn(
        { err: error, job: kind.kind, key: job.key, attempts: job.attempts, last: isLast },
        'job failed',
      );
      const failedAt = clock.now();
      const isDead = await uow.runInternal((tx) =>
        tx.jobs.fail(job, {
          now: failedAt,
          retryAt: isLast ? null : failedAt + retryDelayMs(job.attempts),
          error: String((error as Error)?.message ?? error),
        }),
      );
      observer.ended(kind.kind, isDead ? 'dead' : 'failed');
    }
  };

  const track = (kind: JobKind, run: Promise<void>) => {
    const runs = running.get(kind.kind);
    const tracked: Promise<void> = run
      // The database is away: the lease ends, and the job is claimed again.
      .catch((error: unknown) =>
        log.error({ err: error, job: kind.kind }, 'the end of a job was not written'),
      )
      .finally(() => {
        runs?.delete(tracked);
        if (timer) wake();
      });
    runs?.add(tracked);
  };

  const enqueueRecurring = (): Promise<void> => {
    recurring ??= uow
      .runInternal(async (tx) => {
        const now = clock.now();
        for (const { kind, recurringKey } of kinds) {
          if (recurringKey !== undefined) await tx.jobs.ensure(kind, recurringKey, now);
        }
      })
      .catch((error: unknown) => {
        // The database is away: the next look tries again, or this process would never begin them.
        recurring = undefined;
        throw error;
      });
    return recurring;
  };

  /** Claims what is due and begins it. @returns how many. */
  const look = async (): Promise<number> => {
    await enqueueRecurring();
    const now = clock.now();
    const free = kinds.filter(({ kind, concurrencyMax }) => (running.get(kind)?.size ?? 0) < concurrencyMax);
    const due = await uow.read.jobs.countDue(
      free.map(({ kind }) => kind),
      now,
      claimMax,
    );
    let begun = 0;
    for (const kind of free) {
      const waiting = due.get(kind.kind) ?? 0;
      const slots = kind.concurrencyMax - (running.get(kind.kind)?.size ?? 0);
      if (waiting === 0 || slots <= 0) continue;
      if (isStopping) break;
      const count = Math.min(waiting, slots);
      const claimed = await uow.runInternal((tx) =>
        tx.jobs.claim(kind.kind, { now, count, leaseMs: kind.leaseMs }),
      );
      for (const job of claimed) track(kind, runOne(kind, job, now));
      begun += claimed.length;
    }
    return begun;
  };

  // One look at a time; whoever asks meanwhile gets another right after.
  const lookOnce = (): Promise<number> => {
    if (looking) {
      isWoken = true;
      return looking;
    }
    looking = look().finally(() => {
      looking = undefined;
      if (isWoken && !isStopping) {
        isWoken = false;
        wake();
      }
    });
    return looking;
  };
  const wake = () => {
    if (!timer || isStopping) return;
    lookOnce().catch((error: unknown) => log.warn({ err: error }, 'could not look for due jobs'));
  };
  const idle = () => Promise.all([...running.values()].flatMap((runs) => [...runs]));

  return {
    start() {
      timer = setInterval(wake, pollEveryMs);
      timer.unref();
      wake();
    },
    wake,
    async runDue() {
      for (;;) {
        const begun = await look();
        await idle();
        if (begun === 0) return;
      }
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      isStopping = true;
      for (const ending of endings) ending.abort();
      await looking?.catch(() => {});
      await idle();
    },
  };
}
