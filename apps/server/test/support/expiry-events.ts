import { createLicenses, type License } from '@thrivetech/contracts';
import { expect } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import type { Vendor } from './builders.ts';
import { restDoor } from './doors.ts';
import { type SideEffects, sideEffects } from './side-effects.ts';
import type { TestServer } from './test-server.ts';

/** When a license stops working for good, epoch milliseconds. */
export const endOf = ({ expires_at, grace_days }: License): number =>
  Date.parse(expires_at ?? '') + grace_days * dayMs;

/** What an account was told of ends: of one license, or of all. Its events must have no gap. */
export async function expiryEvents(
  server: TestServer,
  vendor: Pick<Vendor, 'account_id'>,
  license_id?: string,
): Promise<SideEffects['events']> {
  const { events } = await sideEffects(server, vendor);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_event, index) => index + 1));
  return events.filter(
    (event) =>
      event.type === 'license.expired' && (license_id === undefined || event.license_id === license_id),
  );
}

/** So many licenses, at most 500, that end at one moment: a day from now. */
export async function licensesEndingTogether(
  server: TestServer,
  vendor: Vendor,
  count: number,
): Promise<License[]> {
  const { id: product_id } = await vendor.product();
  const terms = { product_id, type: 'timed', duration_days: 1, grace_days: 0 };
  const { data } = await restDoor(() => server.baseUrl).call<{ licenses: License[] }>(
    createLicenses,
    { licenses: Array.from({ length: count }, () => terms) },
    { key: vendor.admin },
  );
  expect(data.licenses).toHaveLength(count);
  return data.licenses;
}
