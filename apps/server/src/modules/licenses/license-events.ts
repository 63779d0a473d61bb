import type { License } from '@thrivetech/contracts';
import { type Outbox, originOf } from '../../platform/events/outbox.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { CustomerRepository } from '../customers/index.ts';
import { type DeviceRecord, deviceView } from './device.ts';
import { type LicenseRecord, licenseView } from './license.ts';

/** The repositories that an event about a license is made from. */
export interface EventSources {
  readonly customers: CustomerRepository;
  readonly outbox: Outbox;
}

/** Tells of a change to a license. */
export async function recordLicenseEvent(
  tx: EventSources,
  request: RequestContext,
  type: 'license.created' | 'license.expired' | 'license.revoked',
  license: LicenseRecord,
): Promise<void> {
  tx.outbox.record(originOf(request), type, await eventData(tx, license, request.now));
}

/** Tells of a seat that was taken or freed. */
export async function recordDeviceEvent(
  tx: EventSources,
  request: RequestContext,
  type: 'license.activated' | 'license.deactivated',
  license: LicenseRecord,
  device: DeviceRecord,
): Promise<void> {
  const data = await eventData(tx, license, request.now);
  tx.outbox.record(originOf(request), type, {
    ...data,
    device_id: device.id,
    device: deviceView(device),
  });
}

interface LicenseEventData {
  license_id: string;
  product_id: string;
  customer_id: string | null;
  customer_email: string | null;
  license: License;
}

async function eventData(tx: EventSources, license: LicenseRecord, now: number): Promise<LicenseEventData> {
  const { account_id, customer_id } = license;
  const customer = customer_id === null ? null : await tx.customers.find(account_id, customer_id);
  return licenseEventData(license, customer?.email ?? null, now);
}

/** What an event says about a license. */
export const licenseEventData = (
  license: LicenseRecord,
  customer_email: string | null,
  now: number,
): LicenseEventData => ({
  license_id: license.id,
  product_id: license.product_id,
  customer_id: license.customer_id,
  customer_email,
  license: licenseView(license, now),
});
