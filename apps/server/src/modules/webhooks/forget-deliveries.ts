import { type Clock, dayMs, hourMs, minuteMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import type { DeliveryRepository } from './delivery.repository.ts';

/** How long it can be looked up what became of a delivery, and sent again. Events themselves stay. */
const keptMs = 30 * dayMs;
const batchMax = 1_000;

/** Removes deliveries that ended long ago, with their attempts. */
export function forgetDeliveries(deps: {
  uow: UnitOfWork<{ deliveries: DeliveryRepository }>;
  clock: Clock;
}): JobKind {
  return {
    kind: 'webhooks.forget',
    concurrencyMax: 1,
    leaseMs: minuteMs,
    attemptsMax: Number.MAX_SAFE_INTEGER,
    recurringKey: 'all',
    async run({ now, signal }) {
      const removeSome = () =>
        deps.uow.runInternal((tx) => tx.deliveries.removeEnded(now - keptMs, batchMax));
      while ((await removeSome()) === batchMax) if (signal.aborted) return { againAt: now };
      return { againAt: deps.clock.now() + hourMs };
    },
  };
}
