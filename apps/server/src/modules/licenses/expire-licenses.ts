import { type Clock, minuteMs, secondMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import { recurringJob } from '../../platform/jobs/recurring-job.ts';
import { systemRequest } from '../../platform/request-context.ts';
import type { LicenseRepository } from './license.repository.ts';
import type { LicenseRecord } from './license.ts';
import { type EventSources, recordLicenseEvent } from './license-events.ts';

const batchMax = 200;
/** A license may be given an end that is nearer than the next one known. */
const lookEveryMs = minuteMs;
/** A license that has ended and was not told of is being changed by somebody right now. */
const lookAgainMs = secondMs;

interface Dependencies {
  uow: UnitOfWork<EventSources & { licenses: LicenseRepository }>;
  newId: NewId;
}

/**
 * Tells of some licenses that have ended.
 *
 * @param list gives them, at most {@link batchMax}.
 * @returns how many there were: as many as a batch holds may not be all.
 */
const expireSome = (
  { uow, newId }: Dependencies,
  now: number,
  list: (licenses: LicenseRepository) => Promise<LicenseRecord[]>,
): Promise<number> =>
  uow.runInternal(async (tx) => {
    const ended = await list(tx.licenses);
    for (const license of ended) {
      // The statement that notes it is the one that decides: of two sweeps at once, one tells.
      if (!(await tx.licenses.noteExpiryTold(license))) continue;
      const request = systemRequest(license.account_id, { id: newId('request', now), now });
      await recordLicenseEvent(tx, request, 'license.expired', license);
    }
    return ended.length;
  });

/**
 * Tells of licenses that have ended, trials among them: once for each end, whoever runs this and however often. It takes
 * nothing away: a license stops by its own time, whether this runs or not.
 */
export function expireLicenses(deps: Dependencies & { clock: Clock }): JobKind {
  const expire = (now: number) =>
    expireSome(deps, now, (licenses) => licenses.listEndedUntold(now, batchMax));

  return recurringJob('licenses.expire', async ({ signal }) => {
    // Each batch at its own time: what it tells of must not seem older than events that came before it.
    let now = deps.clock.now();
    while ((await expire(now)) === batchMax) {
      if (signal.aborted) return { againAt: now };
      now = deps.clock.now();
    }
    const next = (await deps.uow.read.licenses.nextUntoldEnd()) ?? Number.POSITIVE_INFINITY;
    return { againAt: next <= now ? now + lookAgainMs : Math.min(next, now + lookEveryMs) };
  });
}

/** The same for one account at its own time. */
export async function expireLicensesOf(deps: Dependencies, account_id: string, now: number): Promise<void> {
  const expire = () =>
    expireSome(deps, now, (licenses) => licenses.listEndedUntoldOf(account_id, now, batchMax));
  while ((await expire()) === batchMax);
}
