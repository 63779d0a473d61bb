import {
  type getWebhookEndpoint as getContract,
  type listWebhookEndpoints as listContract,
  mapPage,
} from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import { endpointView } from './endpoint.ts';

interface Dependencies {
  uow: UnitOfWork<{ endpoints: EndpointRepository }>;
}

export const listEndpoints =
  ({ uow }: Dependencies): UseCaseOf<typeof listContract> =>
  async ({ actor, now }, filter) =>
    mapPage(await uow.lagging.endpoints.page(actor.account_id, filter), (endpoint) =>
      endpointView(endpoint, now),
    );

export const getEndpoint =
  ({ uow }: Dependencies): UseCaseOf<typeof getContract> =>
  async ({ actor, now }, { endpointId }) => {
    const endpoint = await uow.read.endpoints.find(actor.account_id, endpointId);
    if (!endpoint) throw notFound('webhook endpoint');
    return endpointView(endpoint, now);
  };
