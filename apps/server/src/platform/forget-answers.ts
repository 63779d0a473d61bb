import { type Clock, minuteMs } from './clock.ts';
import type { UnitOfWork } from './db/unit-of-work.ts';
import { cleanUpJob } from './jobs/recurring-job.ts';

/** Removes stored answers to idempotent requests whose day is over. */
export const forgetAnswers = ({
  uow,
  clock,
}: {
  uow: UnitOfWork<{ idempotency: { removeExpired(now: number, limit: number): Promise<number> } }>;
  clock: Clock;
}) =>
  cleanUpJob('idempotency.forget', { clock, everyMs: 10 * minuteMs }, (now, limit) =>
    uow.runInternal((tx) => tx.idempotency.removeExpired(now, limit)),
  );
