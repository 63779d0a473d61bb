import { type Clock, minuteMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import { recurringJob } from '../../platform/jobs/recurring-job.ts';
import type { DeviceRepository } from './device.repository.ts';

const everyMs = 5 * minuteMs;

/**
 * Counts floating seats for the metrics: those whose lease runs, and those that lapsed and wait for whoever needs one.
 * They are taken back by the transaction that needs one, not here.
 */
export function countFloatingSeats(deps: {
  uow: UnitOfWork<{ devices: DeviceRepository }>;
  clock: Clock;
  show: (seats: { running: number; lapsed: number }) => void;
}): JobKind {
  return recurringJob('licenses.count-floating-seats', async ({ now }) => {
    deps.show(await deps.uow.read.devices.countFloating(now));
    return { againAt: deps.clock.now() + everyMs };
  });
}
