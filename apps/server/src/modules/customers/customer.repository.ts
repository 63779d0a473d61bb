import type { Page } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { accountRows } from '../../platform/db/account-rows.ts';
import { foldCase, foldCaseOrNull, fromJson, prefixEnd, toJson } from '../../platform/db/columns.ts';
import { insertRows } from '../../platform/db/insert-rows.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { CustomerRecord } from './customer.ts';

export interface CustomerFilter extends PageRequest {
  email?: string | undefined;
  q?: string | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
}

export type CustomerRepository = ReturnType<typeof createCustomerRepository>;

export function createCustomerRepository({ db, sql, lockRow, pager }: RepositoryTools) {
  return {
    async find(account_id: string, id: string): Promise<CustomerRecord | null> {
      const row = await db('customers').where({ account_id, id }).first();
      return row ? toCustomer(row) : null;
    },

    /** Also keeps others from changing it until this transaction ends. */
    async findForUpdate(account_id: string, id: string): Promise<CustomerRecord | null> {
      const row = await lockRow(db('customers').where({ account_id, id }).first());
      return row ? toCustomer(row) : null;
    },

    async findByEmail(account_id: string, email: string): Promise<CustomerRecord | null> {
      const row = await db('customers')
        .where({ account_id, email_folded: foldCase(email) })
        .first();
      return row ? toCustomer(row) : null;
    },

    async page(account_id: string, filter: CustomerFilter): Promise<Page<CustomerRecord>> {
      const { email, q, created_after: after, created_before: before } = filter;
      const rows = accountRows(db, 'customers', account_id, filter);
      if (email) rows.query.where({ email_folded: foldCase(email) });
      if (q !== undefined) {
        rows.among(...customerIdsMatching(db, account_id, q));
        rows.query.where((any) => whereCustomerMatches(any, q));
      }
      rows.inWindow({ column: 'created_at', after, before, isOrder: filter.sort.endsWith('created_at') });
      await rows.begin();
      return pager.page({
        query: rows.query,
        request: filter,
        scope: `${account_id}/customers`,
        table: 'customers',
        sortColumns: { email: 'email_folded' },
        toItem: toCustomer,
      });
    },

    async insert(customer: CustomerRecord): Promise<void> {
      await db('customers').insert(toRow(customer));
    },

    insertMany: (customers: readonly CustomerRecord[]): Promise<void> =>
      insertRows(sql, 'customers', customers.map(toRow)),

    async remove(account_id: string, id: string): Promise<void> {
      await db('customers').where({ account_id, id }).delete();
    },

    /** Writes the new state over the one that {@link findForUpdate} gave. */
    async replace(customer: CustomerRecord): Promise<void> {
      const { account_id, id } = customer;
      await db('customers').where({ account_id, id }).update(toRow(customer));
    },
  };
}

/** Columns of which a search may give the beginning. */
const searched = ['email_folded', 'name_folded', 'company_folded'];

/** Ids of customers whose id is `q`, or whose e-mail, name or company begins with it: each query served by an index. */
export function customerIdsMatching(db: Knex, account_id: string, q: string): Knex.QueryBuilder[] {
  const ofAccount = () => db('customers').select('id').where({ account_id });
  const byBeginning = searched.map((column) => ofAccount().modify(whereBegins, column, q).orderBy(column));
  return [ofAccount().where({ id: q }), ...byBeginning];
}

/** The same as a condition on each customer. */
export function whereCustomerMatches(query: Knex.QueryBuilder, q: string): void {
  query.where('customers.id', q);
  for (const column of searched) query.orWhere((both) => whereBegins(both, `customers.${column}`, q));
}

function whereBegins(query: Knex.QueryBuilder, column: string, q: string): void {
  const prefix = foldCase(q);
  query.where(column, '>=', prefix).where(column, '<', prefixEnd(prefix));
}

interface CustomerRow extends Omit<CustomerRecord, 'metadata'> {
  metadata: string;
  email_folded: string;
  name_folded: string | null;
  company_folded: string | null;
}

function toRow(customer: CustomerRecord): CustomerRow {
  return {
    ...customer,
    email_folded: foldCase(customer.email),
    name_folded: foldCaseOrNull(customer.name),
    company_folded: foldCaseOrNull(customer.company),
    metadata: toJson(customer.metadata),
  };
}

function toCustomer(row: CustomerRow): CustomerRecord {
  const { email_folded: _email, name_folded: _name, company_folded: _company, ...fields } = row;
  return { ...fields, metadata: fromJson(row.metadata) };
}
