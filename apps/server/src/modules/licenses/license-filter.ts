import type { LicenseStatus } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { between, foldCase } from '../../platform/db/columns.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import { customerIdsMatching } from '../customers/index.ts';

export interface LicenseFilter extends PageRequest {
  status?: LicenseStatus | undefined;
  type?: string | undefined;
  product_id?: string | undefined;
  customer_id?: string | undefined;
  customer_email?: string | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
  expires_after?: string | undefined;
  expires_before?: string | undefined;
  q?: string | undefined;
  /** Look-up value of a whole license key; null: what was typed cannot be one, so nothing matches. */
  key_hash?: string | null | undefined;
  /** Look-up value of `q`, should it be a whole license key. */
  q_key_hash?: string | null | undefined;
}

/** The account's licenses that pass every filter given. */
export function filterLicenses(
  db: Knex,
  account_id: string,
  filter: LicenseFilter,
  now: number,
): Knex.QueryBuilder {
  const { type, product_id, customer_id, key_hash, customer_email, q, status } = filter;
  const query = db('licenses').where({
    'licenses.account_id': account_id,
    ...(type && { type }),
    ...(product_id && { product_id }),
    ...(customer_id && { customer_id }),
  });
  between(query, 'created_at', filter.created_after, filter.created_before);
  between(query, 'expires_at', filter.expires_after, filter.expires_before);
  if (key_hash !== undefined) query.where({ key_hash: key_hash ?? '' });
  if (customer_email !== undefined) {
    query.whereIn(
      'customer_id',
      db('customers')
        .select('id')
        .where({ account_id, email_folded: foldCase(customer_email) }),
    );
  }
  if (q !== undefined) {
    query.where((any) => {
      any
        .where('licenses.id', q)
        .orWhere('key_last_four', q.toUpperCase())
        .orWhereIn('customer_id', customerIdsMatching(db, account_id, q));
      if (filter.q_key_hash) any.orWhere('key_hash', filter.q_key_hash);
    });
  }
  if (status !== undefined) whereStatus[status](query, now);
  return query;
}

/** `licenseStatus` of the entity, said in SQL; a test holds the two together. */
const whereStatus: Record<LicenseStatus, (query: Knex.QueryBuilder, now: number) => void> = {
  revoked: (query) => query.whereNotNull('revoked_at'),
  suspended: (query) => query.whereNull('revoked_at').whereNotNull('suspended_at'),
  not_started: (query, now) =>
    query.where(unblocked).where('starts_at', '>', now).whereRaw('starts_at > created_at'),
  expired: (query, now) => query.where(unblocked).where(hasStarted(now)).where('ends_at', '<=', now),
  active: (query, now) =>
    query
      .where(unblocked)
      .where(hasStarted(now))
      .where((open) => open.whereNull('ends_at').orWhere('ends_at', '>', now)),
};
const hasStarted = (now: number) => (any: Knex.QueryBuilder) =>
  any.where('starts_at', '<=', now).orWhereRaw('starts_at <= created_at');
const unblocked = { revoked_at: null, suspended_at: null };
