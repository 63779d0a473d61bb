import {
  type getWebhookDelivery as getContract,
  type listWebhookDeliveries as listContract,
  mapPage,
} from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import { toTimestamp } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { DeliveryRepository } from './delivery.repository.ts';
import { deliveryView } from './delivery.ts';

interface Dependencies {
  uow: UnitOfWork<{ deliveries: DeliveryRepository }>;
}

const attemptsShownMax = 50;

export const listDeliveries =
  ({ uow }: Dependencies): UseCaseOf<typeof listContract> =>
  async ({ actor }, filter) =>
    mapPage(await uow.lagging.deliveries.page(actor.account_id, filter), deliveryView);

export const getDelivery =
  ({ uow }: Dependencies): UseCaseOf<typeof getContract> =>
  async ({ actor }, { deliveryId }) => {
    const { account_id } = actor;
    const delivery = await uow.read.deliveries.findWithBody(account_id, deliveryId);
    if (!delivery) throw notFound('delivery');
    const attempts = await uow.read.deliveries.listAttempts(account_id, deliveryId, attemptsShownMax);
    return {
      ...deliveryView(delivery),
      body: delivery.body,
      attempts_log: attempts.map(
        ({ number, started_at, duration_ms, outcome, status, error, response_body }) => ({
          ...{ number, started_at: toTimestamp(started_at), duration_ms },
          ...{ outcome, status, error, response_body },
        }),
      ),
    };
  };
