import { type recoverWebhookDeliveries as contract, wantsEvent } from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import { fromTimestamp } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { askForDelivery } from './deliver-events.ts';
import type { DeliveryRepository } from './delivery.repository.ts';
import { requeued } from './delivery.ts';
import type { EndpointRecord } from './endpoint.ts';
import type { FanOutRepositories } from './fan-out-events.ts';
import { newDelivery } from './fan-out-events.ts';

const recoveredMax = 10_000;
const readAtOnce = 500;

/** Sends again every event since a moment that an endpoint wants and has not received, oldest first. */
export function recoverDeliveries(deps: {
  uow: UnitOfWork<FanOutRepositories & { audit: AuditLog }>;
  newId: NewId;
}): UseCaseOf<typeof contract> {
  return (request, { endpointId, since }) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const { account_id } = actor;
      const endpoint = await tx.endpoints.findForUpdate(account_id, endpointId);
      if (!endpoint) throw notFound('webhook endpoint');
      refuseDisabled(endpoint);

      // What is newer than the mark gets its deliveries in the ordinary way.
      const end = await tx.endpoints.fannedOut(account_id);
      let sequence = await tx.deliveries.sequenceBefore(account_id, fromTimestamp(since));
      let requeuedCount = 0;
      while (requeuedCount < recoveredMax && sequence < end) {
        const count = Math.min(readAtOnce, recoveredMax - requeuedCount);
        const events = await tx.deliveries.eventsAfter(account_id, sequence, count);
        sequence = events.at(-1)?.sequence ?? end;
        const wanted = events.filter(
          (event) => event.sequence <= end && wantsEvent(endpoint.events, event.type),
        );
        requeuedCount += await requeueMissed(tx.deliveries, endpoint, wanted, {
          now,
          newId: () => deps.newId('delivery', now),
        });
      }
      if (requeuedCount > 0) await askForDelivery(tx.jobs, endpoint, now);
      await tx.audit.record(request, {
        action: 'webhook_endpoint.recovered',
        target_id: endpoint.id,
        after: { id: endpoint.id, since, requeued: requeuedCount },
      });
      return { requeued: requeuedCount, has_more: sequence < end };
    });
}

/** @throws {AppError} CONFLICT */
export function refuseDisabled({ enabled }: EndpointRecord): void {
  if (!enabled) throw conflict('endpoint_disabled', 'The endpoint is disabled; enable it first.');
}

async function requeueMissed(
  deliveries: DeliveryRepository,
  endpoint: EndpointRecord,
  events: Parameters<typeof newDelivery>[1][],
  { now, newId }: { now: number; newId: () => string },
): Promise<number> {
  const known = new Map(
    (
      await deliveries.ofEvents(
        endpoint.account_id,
        endpoint.id,
        events.map(({ id }) => id),
      )
    ).map((delivery) => [delivery.event_id, delivery]),
  );
  const missed = [...known.values()].filter(({ status }) => status === 'failed' || status === 'canceled');
  for (const delivery of missed) await deliveries.replace(delivery, requeued(delivery, now));
  const never = events.filter(({ id }) => !known.has(id));
  await deliveries.insertMany(never.map((event) => newDelivery(endpoint, event, { id: newId(), now })));
  return missed.length + never.length;
}
