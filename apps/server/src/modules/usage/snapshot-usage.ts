import { type Clock, hourMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import { recurringJob } from '../../platform/jobs/recurring-job.ts';
import type { UsageRepository } from './usage.repository.ts';

interface Dependencies {
  uow: UnitOfWork<{ usage: UsageRepository }>;
}

const accountsAtOnceMax = 200;

/** Closes the periods of an account that have ended by a time, in order, each once; begins the first where none has. */
export const closeDueUsagePeriods = (
  { uow }: Dependencies,
  account_id: string,
  until: number,
): Promise<void> => uow.runInternal((tx) => tx.usage.closeEnded(account_id, until));

/** When the running period of an account ends, if that is by a time; 0 where none has begun. */
export async function nextUsageEnd(
  { usage }: { usage: UsageRepository },
  account_id: string,
  until: number,
): Promise<number | null> {
  const { usage_ends_at } = await usage.find(account_id);
  return usage_ends_at <= until ? usage_ends_at : null;
}

/** Closes usage periods as they end, and begins those of new accounts within the hour. */
export const snapshotUsage = ({ uow, clock }: Dependencies & { clock: Clock }): JobKind =>
  recurringJob('usage.snapshots', async ({ now, signal }) => {
    const accounts = await uow.read.usage.listEnded(now, accountsAtOnceMax);
    for (const account_id of accounts) {
      if (signal.aborted) return { againAt: now };
      await closeDueUsagePeriods({ uow }, account_id, now);
    }
    if (accounts.length === accountsAtOnceMax) return { againAt: now };
    // Each at its end: what is called afterwards must not count for the period before.
    const next = (await uow.read.usage.nextEnd()) ?? Number.POSITIVE_INFINITY;
    return { againAt: Math.min(next, clock.now() + hourMs) };
  });
