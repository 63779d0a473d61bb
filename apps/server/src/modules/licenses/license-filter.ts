import type { LicenseStatus } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { fromTimestamp, toTimestamp } from '../../platform/clock.ts';
import { type AccountRows, accountRows, fewIds } from '../../platform/db/account-rows.ts';
import { foldCase } from '../../platform/db/columns.ts';
import { type PageRequest, sortableTime } from '../../platform/db/paging.ts';
import { customerIdsMatching, whereCustomerMatches } from '../customers/index.ts';

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
export async function filterLicenses(
  db: Knex,
  account_id: string,
  filter: LicenseFilter,
  now: number,
): Promise<AccountRows> {
  const { type, product_id, customer_id, key_hash, customer_email, q, status } = filter;
  const ofAccount = () => db('licenses').select('id').where({ account_id });
  const isByCreation = filter.sort.endsWith('created_at');
  const rows = accountRows(db, 'licenses', account_id, filter);
  rows.query.where({
    ...(type && { type }),
    ...(product_id && { product_id }),
    ...(customer_id && { customer_id }),
    ...(key_hash !== undefined && { key_hash: key_hash ?? '' }),
  });
  if (customer_email !== undefined) {
    // One customer at most, so that the index of a customer's licenses gives them in order.
    const email_folded = foldCase(customer_email);
    rows.query.where('customer_id', db('customers').select('id').where({ account_id, email_folded }));
  }
  if (q !== undefined) {
    const search = { q, key_hash: filter.q_key_hash ?? '' };
    rows.query.where((any) => whereMatches(db, any, search));
    const customers = await fewIds(db, customerIdsMatching(db, account_id, q));
    if (customers) {
      rows.among(
        ofAccount().where({ id: q }),
        ofAccount().where({ key_last_four: q.toUpperCase() }),
        ofAccount().where({ key_hash: search.key_hash }),
        ofAccount().whereIn('customer_id', customers),
      );
    }
  }
  if (status !== undefined) {
    rows.query.where((all) => whereStatus[status](all, now));
    // Rare ones have an index each, in the order of creation.
    if (rare.includes(status) && !isByCreation) {
      const found = ofAccount().where((all) => whereStatus[status](all, now));
      rows.among(found.orderBy('created_at'));
    }
  }
  const { created_after: after, created_before: before } = filter;
  rows.inWindow({ column: 'created_at', after, before, isOrder: isByCreation });
  rows.inWindow({ column: 'expires_sort', ...expiryWindow(filter, now), isOrder: !isByCreation });
  // One key, and one customer's licenses in either order, have an index of their own.
  await rows.begin([key_hash, customer_id, customer_email].some((given) => given !== undefined));
  return rows;
}

/** All that a license is known by: its id, its key, and its customer's e-mail, name or company. */
function whereMatches(db: Knex, query: Knex.QueryBuilder, search: { q: string; key_hash: string }): void {
  const { q, key_hash } = search;
  const customer = db('customers')
    .select(db.raw('1'))
    .whereRaw('customers.id = licenses.customer_id')
    .where((any) => whereCustomerMatches(any, q));
  query
    .where('licenses.id', q)
    .orWhere('key_last_four', q.toUpperCase())
    .orWhere({ key_hash })
    // Not `exists`: PostgreSQL would read all customers for that.
    .orWhereRaw('1 = (?)', [customer]);
}

/** Bounds of `expires_sort`, which is never null: licenses without an end are out of every window. */
function expiryWindow({ expires_after, expires_before, status }: LicenseFilter, now: number) {
  const ends = [
    ...(expires_before !== undefined ? [fromTimestamp(expires_before)] : []),
    ...(expires_after !== undefined ? [sortableTime(null)] : []),
    // What has expired has an end that lies before now. Says nothing new, but where to look.
    ...(status === 'expired' ? [now + 1] : []),
  ];
  const before = ends.length > 0 ? toTimestamp(Math.min(...ends)) : undefined;
  return { after: expires_after, before };
}

const rare: readonly LicenseStatus[] = ['revoked', 'suspended', 'not_started'];

/** `licenseStatus` of the entity, said in SQL; a test holds the two together. */
const whereStatus: Record<LicenseStatus, (query: Knex.QueryBuilder, now: number) => void> = {
  revoked: (query) => query.whereNotNull('revoked_at'),
  suspended: (query) => query.whereNull('revoked_at').whereNotNull('suspended_at'),
  not_started: (query, now) =>
    query.where(unblocked).where('starts_at', '>', now).whereRaw('starts_at > created_at'),
  // The plus: the list also says that they end before now, and PostgreSQL would take both together for rare.
  expired: (query, now) => query.where(unblocked).where(hasStarted(now)).whereRaw('+ends_at <= ?', [now]),
  active: (query, now) =>
    query
      .where(unblocked)
      .where(hasStarted(now))
      .where((open) => open.whereNull('ends_at').orWhere('ends_at', '>', now)),
};
const hasStarted = (now: number) => (any: Knex.QueryBuilder) =>
  any.where('starts_at', '<=', now).orWhereRaw('starts_at <= created_at');
const unblocked = { revoked_at: null, suspended_at: null };
