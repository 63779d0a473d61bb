import type { Page } from '@thrivetech/contracts';
import { fromJsonOrNull, toJsonOrNull } from '../../platform/db/columns.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { ApiKeyRecord } from './api-key.ts';

export type ApiKeyRepository = ReturnType<typeof createApiKeyRepository>;

export function createApiKeyRepository({ db, lockRow, pager, touch }: RepositoryTools) {
  return {
    async findByHash(key_hash: string): Promise<ApiKeyRecord | null> {
      const row = await db('api_keys').where({ key_hash }).first();
      return row ? toApiKey(row) : null;
    },

    async findForUpdate(account_id: string, id: string): Promise<ApiKeyRecord | null> {
      const row = await lockRow(db('api_keys').where({ account_id, id }).first());
      return row ? toApiKey(row) : null;
    },

    page(
      account_id: string,
      filter: PageRequest & { type?: string | undefined },
    ): Promise<Page<ApiKeyRecord>> {
      return pager.page({
        query: db('api_keys').where({ account_id, ...(filter.type && { type: filter.type }) }),
        request: filter,
        scope: `${account_id}/api_keys`,
        table: 'api_keys',
        toItem: toApiKey,
      });
    },

    async insert(key: ApiKeyRecord): Promise<void> {
      await db('api_keys').insert({ ...key, product_ids: toJsonOrNull(key.product_ids) });
    },

    /** Another has taken its place. */
    async replace(
      account_id: string,
      id: string,
      { expires_at, replaced_at }: { expires_at: number; replaced_at: number },
    ): Promise<void> {
      touch(id);
      await db('api_keys').where({ account_id, id }).update({ expires_at, replaced_at });
    },

    async noteUsed(id: string, last_used_at: number): Promise<void> {
      await db('api_keys').where({ id }).update({ last_used_at });
    },

    async revoke(account_id: string, id: string, revoked_at: number): Promise<void> {
      touch(id);
      await db('api_keys').where({ account_id, id }).update({ revoked_at });
    },
  };
}

function toApiKey(row: Omit<ApiKeyRecord, 'product_ids'> & { product_ids: string | null }): ApiKeyRecord {
  return { ...row, product_ids: fromJsonOrNull(row.product_ids) };
}
