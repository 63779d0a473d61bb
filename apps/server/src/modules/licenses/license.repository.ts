import type { Page } from '@thrivetech/contracts';
import { fromJson, toJson } from '../../platform/db/columns.ts';
import { insertRows } from '../../platform/db/insert-rows.ts';
import { sortableTime } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import { endOfLicense, type LicenseRecord, licenseState } from './license.ts';
import { filterLicenses, type LicenseFilter } from './license-filter.ts';

export type LicenseRepository = ReturnType<typeof createLicenseRepository>;

export function createLicenseRepository({ db, sql, forUpdate, skipLocked, pager, touch }: RepositoryTools) {
  const first = ([row]: LicenseRow[]): LicenseRecord | null => (row ? toLicense(row) : null);
  const byId = 'select * from licenses where account_id = ? and id = ?';
  // As the index says it, so that it is used.
  const untold =
    'ends_at is not null and expiry_told_for is null and revoked_at is null and suspended_at is null';
  // The time of a test account is moved by its owner, and not by the clock.
  const inRealTime = 'account_id not in (select id from accounts where test_now is not null)';
  const byKey = 'select * from licenses where account_id = ? and key_hash = ?';

  return {
    find: async (account_id: string, id: string) => first(await sql(byId, [account_id, id])),
    findByKey: async (account_id: string, key_hash: string) =>
      first(await sql(byKey, [account_id, key_hash])),
    /** Also keeps others from changing it until this transaction ends. */
    findForUpdate: async (account_id: string, id: string) =>
      first(await sql(byId + forUpdate, [account_id, id])),
    findByKeyForUpdate: async (account_id: string, key_hash: string) =>
      first(await sql(byKey + forUpdate, [account_id, key_hash])),

    async existForProduct(account_id: string, product_id: string): Promise<boolean> {
      return (await db('licenses').select('id').where({ account_id, product_id }).first()) !== undefined;
    },

    async page(account_id: string, filter: LicenseFilter, now: number): Promise<Page<LicenseRecord>> {
      const { query } = await filterLicenses(db, account_id, filter, now);
      return pager.page({
        query,
        request: filter,
        scope: `${account_id}/licenses`,
        table: 'licenses',
        sortColumns: { expires_at: 'expires_sort' },
        toItem: toLicense,
      });
    },

    async insert(license: LicenseRecord): Promise<void> {
      await db('licenses').insert(toRow(license));
    },

    /** Licenses that have a history. @param toldUntil of ends up to this moment the caller tells, so that nobody else does. */
    insertMany: (licenses: readonly LicenseRecord[], toldUntil: number): Promise<void> =>
      insertRows(
        sql,
        'licenses',
        licenses.map((license) => {
          const row = toRow(license);
          const isTold = licenseState(license, toldUntil) === 'expired';
          return { ...row, expiry_told_for: isTold ? row.ends_at : null };
        }),
      ),

    /** Writes the new state over the one that {@link findForUpdate} gave; seats are counted elsewhere. */
    async replace(license: LicenseRecord): Promise<void> {
      const { account_id, id } = license;
      touch(id);
      const { devices_used: _devices_used, ...row } = toRow(license);
      await db('licenses')
        .where({ account_id, id })
        .update({
          ...row,
          // Another end is told of anew, also when it is one that there was before.
          expiry_told_for: db.raw('case when ends_at = ? then expiry_told_for end', [row.ends_at]),
        });
    },

    /** Licenses whose end has come and was not told of, the earliest first. */
    async listEndedUntold(now: number, limit: number): Promise<LicenseRecord[]> {
      const rows = await sql<LicenseRow>(
        `select * from licenses where ${untold} and ends_at <= ? and ${inRealTime} order by ends_at limit ?${skipLocked}`,
        [now, limit],
      );
      return rows.map(toLicense);
    },

    /** The same of one account, whatever its time. */
    async listEndedUntoldOf(account_id: string, now: number, limit: number): Promise<LicenseRecord[]> {
      const rows = await sql<LicenseRow>(
        `select * from licenses where ${untold} and ends_at <= ? and account_id = ? order by ends_at limit ?${skipLocked}`,
        [now, account_id, limit],
      );
      return rows.map(toLicense);
    },

    async nextUntoldEnd(): Promise<number | null> {
      const [row] = await sql<{ ends_at: number }>(
        `select ends_at from licenses where ${untold} and ${inRealTime} order by ends_at limit 1`,
        [],
      );
      return row?.ends_at ?? null;
    },

    /** The same of one account, up to a time. */
    async nextUntoldEndOf(account_id: string, until: number): Promise<number | null> {
      const [row] = await sql<{ ends_at: number }>(
        `select ends_at from licenses where ${untold} and ends_at <= ? and account_id = ? order by ends_at limit 1`,
        [until, account_id],
      );
      return row?.ends_at ?? null;
    },

    /** @returns false when somebody has told of it already, or it no longer ends then. Caches need not know. */
    async noteExpiryTold(license: LicenseRecord): Promise<boolean> {
      const noted = await sql(
        `update licenses set expiry_told_for = ends_at where id = ? and ends_at = ? and ${untold} returning id`,
        [license.id, endOfLicense(license)],
      );
      return noted.length === 1;
    },

    /**
     * Takes a seat if one is free: the count and the limit are compared by the statement that counts, so no two
     * transactions can both see the last free seat.
     *
     * @returns the number of seats taken now, or null when none was free.
     */
    async takeSeat(license: LicenseRecord): Promise<number | null> {
      touch(license.id);
      const [row] = await sql<{ devices_used: number }>(
        `update licenses set devices_used = devices_used + 1
         where account_id = ? and id = ? and devices_used < device_limit returning devices_used`,
        [license.account_id, license.id],
      );
      return row?.devices_used ?? null;
    },

    async freeSeats(license: LicenseRecord, count: number): Promise<void> {
      touch(license.id);
      await db('licenses')
        .where({ account_id: license.account_id, id: license.id })
        .decrement('devices_used', count);
    },

    /** Notes the first activation, and the end that follows from it. Only the first writer succeeds. */
    async setFirstActivation(license: LicenseRecord): Promise<void> {
      touch(license.id);
      const { first_activated_at, expires_at, expires_sort, ends_at } = toRow(license);
      await db('licenses')
        .where({ account_id: license.account_id, id: license.id, first_activated_at: null })
        .update({ first_activated_at, expires_at, expires_sort, ends_at });
    },
  };
}

interface LicenseRow extends Omit<LicenseRecord, 'features' | 'metadata'> {
  features: string;
  metadata: string;
  expires_sort: number;
  ends_at: number | null;
  expiry_told_for?: number | null;
}

function toRow(license: LicenseRecord): LicenseRow {
  return {
    ...license,
    features: toJson(license.features),
    metadata: toJson(license.metadata),
    expires_sort: sortableTime(license.expires_at),
    ends_at: endOfLicense(license),
  };
}

function toLicense(row: LicenseRow): LicenseRecord {
  const { expires_sort: _expires_sort, ends_at: _ends_at, expiry_told_for: _told, ...fields } = row;
  return { ...fields, features: fromJson(row.features), metadata: fromJson(row.metadata) };
}
