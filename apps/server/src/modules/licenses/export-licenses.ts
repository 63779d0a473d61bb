import type { exportLicenses as contract, License } from '@thrivetech/contracts';
import { stringify } from 'csv-stringify/sync';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { LicenseRepository } from './license.repository.ts';
import { licenseView } from './license.ts';
import type { LicenseKeys } from './license-keys.ts';
import { searchOf } from './read-licenses.ts';

const rowsPerChunk = 500;

/** In the order of the columns; what is an object becomes JSON. */
const columns = [
  'id',
  'key',
  'product_id',
  'customer_id',
  'type',
  'status',
  'device_limit',
  'devices_used',
  'starts_at',
  'expires_at',
  'grace_days',
  'first_activated_at',
  'suspended_at',
  'revoked_at',
  'features',
  'metadata',
  'notes',
  'created_at',
  'updated_at',
] as const satisfies readonly (keyof License)[];

/** Reads page after page while the client reads on: memory stays flat however many licenses there are. */
export function exportLicenses(deps: {
  uow: UnitOfWork<{ licenses: LicenseRepository }>;
  licenseKeys: LicenseKeys;
}): UseCaseOf<typeof contract> {
  return async (request, filters) => {
    const search = searchOf(deps.licenseKeys, filters);
    const { account_id } = request.actor;
    return (async function* () {
      yield stringify([columns as unknown as string[]]);
      let cursor: string | undefined;
      do {
        const filter = { ...search, limit: rowsPerChunk, cursor };
        const page = await deps.uow.lagging.licenses.page(account_id, filter, request.now);
        yield toCsv(page.items.map((license) => licenseView(license, request.now)));
        cursor = page.pagination.next_cursor ?? undefined;
      } while (cursor !== undefined);
    })();
  };
}

function toCsv(licenses: License[]): string {
  const rows = licenses.map((license) =>
    columns.map((column) => {
      const value = license[column];
      return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
    }),
  );
  // A note that begins with "=" must stay a note in the spreadsheet of whoever opens this.
  return stringify(rows, { escape_formulas: true });
}
