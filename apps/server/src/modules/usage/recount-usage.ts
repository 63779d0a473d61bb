import { type Clock, dayMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import { recurringJob } from '../../platform/jobs/recurring-job.ts';
import type { Logger } from '../../platform/logger.ts';
import type { AccountRepository } from '../accounts/index.ts';
import type { UsageRepository } from './usage.repository.ts';

/**
 * Every day: compares the gauges with what there is, and sets those right that are not that. There must never be one: it
 * would be a defect, so it is told.
 */
export const recountUsage = (deps: {
  uow: UnitOfWork<{ usage: UsageRepository; accounts: AccountRepository }>;
  clock: Clock;
  log: Logger;
}): JobKind =>
  recurringJob('usage.recount', async ({ now, signal }) => {
    for (const { id } of await deps.uow.read.accounts.list()) {
      if (signal.aborted) return { againAt: now };
      // Counting can take long, and nobody writes for the account meanwhile: only where it must be.
      if ((await deps.uow.read.usage.drift(id)).length === 0) continue;
      const drift = await deps.uow.runInternal((tx) => tx.usage.recount(id));
      for (const found of drift) deps.log.warn(found, 'a usage gauge had drifted');
    }
    return { againAt: deps.clock.now() + dayMs };
  });
