import type { rotateApiKey as contract } from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import { hourMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { ApiKeyRepository } from './api-key.repository.ts';
import { apiKeyStatus, apiKeyView } from './api-key.ts';
import { issueApiKey } from './create-api-key.ts';

/** A new key beside the old one, which keeps working while programs are changed over, and no longer. */
export function rotateApiKey(deps: {
  uow: UnitOfWork<{ apiKeys: ApiKeyRepository; usage: UsageRepository; audit: AuditLog }>;
  newId: NewId;
}): UseCaseOf<typeof contract> {
  return (request, { apiKeyId, overlap_hours }) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const old = await tx.apiKeys.findForUpdate(actor.account_id, apiKeyId);
      if (!old) throw notFound('API key');
      if (apiKeyStatus(old, now) !== 'active') {
        throw conflict('api_key_not_active', 'Only an active key can be rotated; create a new one.');
      }
      const { record, key } = issueApiKey(
        { name: old.name, type: old.type, product_ids: old.product_ids },
        { id: deps.newId('api_key', now), account_id: actor.account_id, now },
      );
      await tx.apiKeys.insert(record);
      // The old one counts no more, so that an account at its limit can rotate.
      if (old.replaced_at === null) tx.usage.countLess(actor.account_id, 'api_keys');
      await tx.usage.countMore(request, 'api_keys');
      // Never later than it would have ended anyway.
      const ends_at = Math.min(now + overlap_hours * hourMs, old.expires_at ?? Number.POSITIVE_INFINITY);
      await tx.apiKeys.replace(actor.account_id, old.id, { expires_at: ends_at, replaced_at: now });
      const view = apiKeyView(record, now);
      await tx.audit.record(request, {
        action: 'api_key.rotated',
        target_id: old.id,
        before: apiKeyView(old, now),
        after: { ...apiKeyView({ ...old, expires_at: ends_at }, now), replaced_by: record.id },
      });
      return { ...view, key };
    });
}
