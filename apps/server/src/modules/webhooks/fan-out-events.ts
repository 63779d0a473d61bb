import { wantsEvent } from '@thrivetech/contracts';
import { type Clock, minuteMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import { fanOutKind } from '../../platform/events/outbox.ts';
import type { NewId } from '../../platform/ids.ts';
import type { JobQueue } from '../../platform/jobs/job-queue.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import { askForDelivery } from './deliver-events.ts';
import type { DeliveryRepository, EventReference } from './delivery.repository.ts';
import type { DeliveryRecord } from './delivery.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import type { EndpointRecord } from './endpoint.ts';

/** Deliveries that one transaction makes; more events follow in the next. */
const deliveriesMax = 2_000;

export interface FanOutRepositories {
  endpoints: EndpointRepository;
  deliveries: DeliveryRepository;
  jobs: JobQueue;
}

/**
 * Makes a delivery of each new event for each endpoint that wants it, once: the transaction that makes them also moves
 * the mark from where it found it, so of two workers one has done nothing. Events are numbered without a gap and in the
 * order of their commits, so none can turn up behind the mark.
 */
export function fanOutEvents(deps: {
  uow: UnitOfWork<FanOutRepositories>;
  newId: NewId;
  clock: Clock;
}): JobKind {
  /** @returns whether there may be more. */
  const fanOut = (account_id: string): Promise<boolean> =>
    deps.uow.runInternal(async (tx) => {
      const from = await tx.endpoints.fannedOut(account_id);
      const found = await tx.deliveries.eventsAfter(account_id, from, deliveriesMax);
      // After the events: whoever may want one of them was there before it. Locked: one that is disabled or deleted at
      // this moment would be left with deliveries that nobody sends.
      const endpoints = await tx.endpoints.listEnabledForUpdate(account_id);
      const count = Math.max(1, Math.floor(deliveriesMax / Math.max(1, endpoints.length)));
      const events = found.slice(0, count);
      const last = events.at(-1);
      if (!last) return false;
      if (!(await tx.endpoints.moveFannedOut(account_id, from, last.sequence))) return true;

      const now = deps.clock.now();
      for (const endpoint of endpoints) {
        const wanted = events.filter((event) => isFor(endpoint, event));
        if (wanted.length === 0) continue;
        await tx.deliveries.insertMany(
          wanted.map((event) => newDelivery(endpoint, event, { id: deps.newId('delivery', now), now })),
        );
        await askForDelivery(tx.jobs, endpoint, now);
      }
      return events.length < found.length || found.length === deliveriesMax;
    });

  return {
    kind: fanOutKind,
    concurrencyMax: 4,
    leaseMs: minuteMs,
    attemptsMax: 1_000_000,
    async run({ key, signal, now }) {
      while (await fanOut(key)) if (signal.aborted) return { againAt: now };
      return undefined;
    },
  };
}

const isFor = (endpoint: EndpointRecord, event: EventReference): boolean =>
  event.sequence > endpoint.after_sequence && wantsEvent(endpoint.events, event.type);

export const newDelivery = (
  { account_id, id: endpoint_id }: EndpointRecord,
  event: EventReference,
  { id, now }: { id: string; now: number },
): DeliveryRecord => ({
  ...{ id, account_id, endpoint_id, event_id: event.id, event_type: event.type, sequence: event.sequence },
  ...{ status: 'pending', attempts: 0, due_at: now, last_status: null, last_error: null },
  ...{ created_at: now, updated_at: now },
});
