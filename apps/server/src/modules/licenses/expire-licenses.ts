import { type Clock, minuteMs, secondMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import { recurringJob } from '../../platform/jobs/recurring-job.ts';
import { systemRequest } from '../../platform/request-context.ts';
import type { LicenseRepository } from './license.repository.ts';
import { type EventSources, recordLicenseEvent } from './license-events.ts';

const batchMax = 200;
/** A license may be given an end that is nearer than the next one known. */
const lookEveryMs = minuteMs;
/** A license that has ended and was not told of is being changed by somebody right now. */
const lookAgainMs = secondMs;

/**
 * Tells of licenses that have ended, trials among them: once for each end, whoever runs this and however often. It takes
 * nothing away: a license stops by its own time, whether this runs or not.
 */
export function expireLicenses(deps: {
  uow: UnitOfWork<EventSources & { licenses: LicenseRepository }>;
  newId: NewId;
  clock: Clock;
}): JobKind {
  /** @returns how many there were: as many as a batch holds may not be all. */
  const expireSome = (now: number): Promise<number> =>
    deps.uow.runInternal(async (tx) => {
      const ended = await tx.licenses.listEndedUntold(now, batchMax);
      for (const license of ended) {
        // The statement that notes it is the one that decides: of two sweeps at once, one tells.
        if (!(await tx.licenses.noteExpiryTold(license))) continue;
        const request = systemRequest(license.account_id, { id: deps.newId('request', now), now });
        await recordLicenseEvent(tx, request, 'license.expired', license);
      }
      return ended.length;
    });

  return recurringJob('licenses.expire', async ({ signal }) => {
    // Each batch at its own time: what it tells of must not seem older than events that came before it.
    let now = deps.clock.now();
    while ((await expireSome(now)) === batchMax) {
      if (signal.aborted) return { againAt: now };
      now = deps.clock.now();
    }
    const next = (await deps.uow.read.licenses.nextUntoldEnd()) ?? Number.POSITIVE_INFINITY;
    return { againAt: next <= now ? now + lookAgainMs : Math.min(next, now + lookEveryMs) };
  });
}
