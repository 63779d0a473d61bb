import type { Page } from '@thrivetech/contracts';
import { accountRows } from '../../platform/db/account-rows.ts';
import { foldCase, fromJson, toJson } from '../../platform/db/columns.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { ProductRecord } from './product.ts';

export interface ProductFilter extends PageRequest {
  status?: ProductRecord['status'] | undefined;
  code?: string | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
}

export type ProductRepository = ReturnType<typeof createProductRepository>;

export function createProductRepository({ db, lockRow, pager }: RepositoryTools) {
  return {
    async find(account_id: string, id: string): Promise<ProductRecord | null> {
      const row = await db('products').where({ account_id, id }).first();
      return row ? toProduct(row) : null;
    },

    /** Also keeps others from changing it until this transaction ends. */
    async findForUpdate(account_id: string, id: string): Promise<ProductRecord | null> {
      const row = await lockRow(db('products').where({ account_id, id }).first());
      return row ? toProduct(row) : null;
    },

    async findByCode(account_id: string, code: string): Promise<ProductRecord | null> {
      const row = await db('products').where({ account_id, code }).first();
      return row ? toProduct(row) : null;
    },

    async page(account_id: string, filter: ProductFilter): Promise<Page<ProductRecord>> {
      const { status, code, created_after: after, created_before: before } = filter;
      const rows = accountRows(db, 'products', account_id, filter);
      rows.query.where({ ...(status && { status }), ...(code && { code }) });
      rows.inWindow({ column: 'created_at', after, before, isOrder: filter.sort.endsWith('created_at') });
      await rows.begin();
      return pager.page({
        query: rows.query,
        request: filter,
        scope: `${account_id}/products`,
        table: 'products',
        sortColumns: { name: 'name_folded' },
        toItem: toProduct,
      });
    },

    async insert(product: ProductRecord): Promise<void> {
      await db('products').insert(toRow(product));
    },

    /** Writes the new state over the one that {@link findForUpdate} gave. */
    async replace(product: ProductRecord): Promise<void> {
      const { account_id, id } = product;
      await db('products').where({ account_id, id }).update(toRow(product));
    },

    async remove(account_id: string, id: string): Promise<void> {
      await db('products').where({ account_id, id }).delete();
    },
  };
}

interface ProductRow extends Omit<ProductRecord, 'license_defaults' | 'metadata'> {
  license_defaults: string;
  metadata: string;
  name_folded: string;
}

function toRow(product: ProductRecord): ProductRow {
  return {
    ...product,
    name_folded: foldCase(product.name),
    license_defaults: toJson(product.license_defaults),
    metadata: toJson(product.metadata),
  };
}

function toProduct(row: ProductRow): ProductRecord {
  const { name_folded: _name_folded, ...fields } = row;
  return { ...fields, license_defaults: fromJson(row.license_defaults), metadata: fromJson(row.metadata) };
}
