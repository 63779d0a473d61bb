import type { createApiKey as contract, KeyType } from '@thrivetech/contracts';
import { invalid, notFound } from '../../platform/app-error.ts';
import { fromTimestamp } from '../../platform/clock.ts';
import { sha256Hex } from '../../platform/crypto/digest.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { ProductRepository } from '../products/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { ApiKeyRepository } from './api-key.repository.ts';
import { type ApiKeyRecord, apiKeyView } from './api-key.ts';
import { newApiKey } from './api-key-format.ts';

/** A new key: the record to keep, and the secret to show once. */
export function issueApiKey(
  fields: { name: string; type: KeyType; product_ids?: string[] | null; expires_at?: number | null },
  origin: { id: string; account_id: string; now: number },
): { record: ApiKeyRecord; key: string } {
  const key = newApiKey(fields.type);
  const record: ApiKeyRecord = {
    id: origin.id,
    account_id: origin.account_id,
    name: fields.name,
    type: fields.type,
    key_hash: sha256Hex(key),
    last_four: key.slice(-4),
    product_ids: fields.product_ids ?? null,
    expires_at: fields.expires_at ?? null,
    revoked_at: null,
    replaced_at: null,
    last_used_at: null,
    created_at: origin.now,
  };
  return { record, key };
}

export function createApiKey(deps: {
  uow: UnitOfWork<{
    apiKeys: ApiKeyRepository;
    products: ProductRepository;
    usage: UsageRepository;
    audit: AuditLog;
  }>;
  newId: NewId;
}): UseCaseOf<typeof contract> {
  return (request, input) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      if (input.product_ids && input.type !== 'channel') {
        throw invalid('product_ids', 'only a channel key can be bound to products');
      }
      const expires_at = input.expires_at === undefined ? null : fromTimestamp(input.expires_at);
      if (expires_at !== null && expires_at <= now) throw invalid('expires_at', 'must lie in the future');
      for (const product_id of input.product_ids ?? []) {
        if (!(await tx.products.find(actor.account_id, product_id))) throw notFound('product');
      }

      const { record, key } = issueApiKey(
        {
          name: input.name,
          type: input.type,
          product_ids: input.product_ids ? [...new Set(input.product_ids)] : null,
          expires_at,
        },
        { id: deps.newId('api_key', now), account_id: actor.account_id, now },
      );
      await tx.apiKeys.insert(record);
      await tx.usage.countMore(request, 'api_keys');
      const view = apiKeyView(record, now);
      await tx.audit.record(request, { action: 'api_key.created', target_id: record.id, after: view });
      return { ...view, key };
    });
}
