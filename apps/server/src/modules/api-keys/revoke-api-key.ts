import type { revokeApiKey as contract } from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { ApiKeyRepository } from './api-key.repository.ts';
import { apiKeyView } from './api-key.ts';

export function revokeApiKey(deps: {
  uow: UnitOfWork<{ apiKeys: ApiKeyRepository; usage: UsageRepository; audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { apiKeyId }) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const key = await tx.apiKeys.findForUpdate(actor.account_id, apiKeyId);
      if (!key) throw notFound('API key');
      // An account that revokes its last admin key by mistake would lock itself out.
      if (key.id === actor.key_id) {
        throw conflict('own_api_key', 'A key cannot revoke itself; use another admin key.');
      }
      if (key.revoked_at !== null) return apiKeyView(key, now);
      await tx.apiKeys.revoke(actor.account_id, key.id, now);
      if (key.replaced_at === null) tx.usage.countLess(actor.account_id, 'api_keys');
      const view = apiKeyView({ ...key, revoked_at: now }, now);
      await tx.audit.record(request, {
        action: 'api_key.revoked',
        target_id: key.id,
        before: apiKeyView(key, now),
        after: view,
      });
      return view;
    });
}
