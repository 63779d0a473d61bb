import { type listApiKeys as contract, mapPage } from '@thrivetech/contracts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { ApiKeyRepository } from './api-key.repository.ts';
import { apiKeyView } from './api-key.ts';

export const listApiKeys =
  ({ uow }: { uow: UnitOfWork<{ apiKeys: ApiKeyRepository }> }): UseCaseOf<typeof contract> =>
  async (request, filter) =>
    mapPage(await uow.lagging.apiKeys.page(request.actor.account_id, filter), (key) =>
      apiKeyView(key, request.now),
    );
