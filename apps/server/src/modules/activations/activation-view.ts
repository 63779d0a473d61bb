import type { DeviceView, LeaseView, LicenseView } from '@thrivetech/contracts';
import { maskLicenseKey } from '@thrivetech/lease';
import { toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';
import { remembered } from '../../platform/remembered.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { GivenLease } from '../leases/index.ts';
import { type DeviceRecord, endOfLicense, type LicenseRecord, licenseStatus } from '../licenses/index.ts';

/** A license as an app may see it: nothing about the customer, the vendor, or other devices. */
export function licenseForApp(license: LicenseRecord, now: number): LicenseView {
  return {
    id: license.id,
    type: license.type,
    status: licenseStatus(license, now),
    expires_at: toTimestampOrNull(license.expires_at),
    grace_ends_at: toTimestampOrNull(endOfLicense(license)),
    device_limit: license.device_limit,
    devices_used: license.devices_used,
    features: license.features,
    key_masked: maskLicenseKey(license.key_last_four),
  };
}

export const deviceForApp = remembered(
  (device: DeviceRecord): DeviceView => ({
    id: device.id,
    activated_at: toTimestamp(device.activated_at),
    last_seen_at: toTimestamp(device.last_seen_at),
  }),
);

export const leaseForApp = remembered(
  (lease: GivenLease): LeaseView => ({
    token: lease.token,
    key_id: lease.key_id,
    issued_at: toTimestamp(lease.issued_at),
    refresh_after: toTimestamp(lease.refresh_after),
    expires_at: toTimestamp(lease.expires_at),
    grace_until: toTimestamp(lease.grace_until),
  }),
);

/** What every answer of the four calls ends with. */
export const answerTail = (request: RequestContext, input: { nonce?: string | undefined }) => ({
  server_time: toTimestamp(request.now),
  nonce: input.nonce ?? null,
});
