import { type Clock, minuteMs } from '../clock.ts';
import type { JobKind, JobOutcome, JobRun } from './job-runner.ts';

/** Work that comes round by itself: one run at a time for the whole installation, and however often it fails, never dead. */
export const recurringJob = (
  kind: string,
  run: (job: JobRun) => Promise<NonNullable<JobOutcome>>,
): JobKind => ({
  kind,
  concurrencyMax: 1,
  leaseMs: minuteMs,
  attemptsMax: Number.MAX_SAFE_INTEGER,
  recurringKey: 'all',
  run,
});

const removedAtOnceMax = 1_000;

/**
 * Removes what is no longer kept, a batch in a transaction of its own, so that nobody waits long for it.
 *
 * @param removeSome removes at most `limit` of what was over at `now`, and gives how many there were.
 */
export const cleanUpJob = (
  kind: string,
  { clock, everyMs }: { clock: Clock; everyMs: number },
  removeSome: (now: number, limit: number) => Promise<number>,
): JobKind =>
  recurringJob(kind, async ({ now, signal }) => {
    while ((await removeSome(now, removedAtOnceMax)) === removedAtOnceMax) {
      if (signal.aborted) return { againAt: now };
    }
    return { againAt: clock.now() + everyMs };
  });
