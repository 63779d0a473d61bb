import { type Clock, minuteMs } from './clock.ts';
import type { UnitOfWork } from './db/unit-of-work.ts';
import type { JobKind } from './jobs/job-runner.ts';

const batchMax = 1_000;
const everyMs = 10 * minuteMs;

/** Removes stored answers to idempotent requests whose day is over. */
export function forgetAnswers(deps: {
  uow: UnitOfWork<{ idempotency: { removeExpired(now: number, limit: number): Promise<number> } }>;
  clock: Clock;
}): JobKind {
  return {
    kind: 'idempotency.forget',
    concurrencyMax: 1,
    leaseMs: minuteMs,
    attemptsMax: Number.MAX_SAFE_INTEGER,
    recurringKey: 'all',
    async run({ now, signal }) {
      const removeSome = () => deps.uow.runInternal((tx) => tx.idempotency.removeExpired(now, batchMax));
      while ((await removeSome()) === batchMax) if (signal.aborted) return { againAt: now };
      return { againAt: deps.clock.now() + everyMs };
    },
  };
}
