import type { getEvent as getContract, listEvents as listContract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { EventRepository } from './event.repository.ts';

interface Dependencies {
  uow: UnitOfWork<{ events: EventRepository }>;
}

export const getEvent =
  ({ uow }: Dependencies): UseCaseOf<typeof getContract> =>
  async (request, { eventId }) => {
    const event = await uow.read.events.find(request.actor.account_id, eventId);
    if (!event) throw notFound('event');
    return event;
  };

export const listEvents =
  ({ uow }: Dependencies): UseCaseOf<typeof listContract> =>
  (request, filter) =>
    uow.lagging.events.page(request.actor.account_id, filter);
