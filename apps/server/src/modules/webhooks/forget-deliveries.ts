import { type Clock, dayMs, hourMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import { cleanUpJob } from '../../platform/jobs/recurring-job.ts';
import type { DeliveryRepository } from './delivery.repository.ts';

/** How long it can be looked up what became of a delivery, and sent again. Events themselves stay. */
const keptMs = 30 * dayMs;

/** Removes deliveries that ended long ago, with their attempts. */
export const forgetDeliveries = ({
  uow,
  clock,
}: {
  uow: UnitOfWork<{ deliveries: DeliveryRepository }>;
  clock: Clock;
}) =>
  cleanUpJob('webhooks.forget', { clock, everyMs: hourMs }, (now, limit) =>
    uow.runInternal((tx) => tx.deliveries.removeEnded(now - keptMs, limit)),
  );
