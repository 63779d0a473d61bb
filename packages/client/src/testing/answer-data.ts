import { licenseKeyLastFour, maskLicenseKey } from '@thrivetech/lease';
import type { Lie } from './faults.ts';
import type { LeaseIssuer } from './lease-issuer.ts';
import {
  type DeviceRecord,
  devicesUsed,
  endOfLicense,
  type IssuedLease,
  type LicenseRecord,
  licenseStatus,
  secondMs,
} from './records.ts';
import type { RequestContext } from './request.ts';

/** What an answer to an app is made of: nothing about customer, vendor or other devices. */
export type AnswerData = Readonly<Record<string, unknown>>;

export const timestamp = (epochMs: number): string => new Date(epochMs).toISOString();
const timestampOrNull = (epochMs: number | null): string | null =>
  epochMs === null ? null : timestamp(epochMs);

export function licenseForApp(license: LicenseRecord, now: number): AnswerData {
  return {
    id: license.id,
    type: license.type,
    status: licenseStatus(license, now),
    expires_at: timestampOrNull(license.expiresAt),
    grace_ends_at: timestampOrNull(endOfLicense(license)),
    device_limit: license.deviceLimit,
    devices_used: devicesUsed(license),
    features: license.features,
    key_masked: maskLicenseKey(licenseKeyLastFour(license.key)),
  };
}

export const deviceForApp = (device: DeviceRecord): AnswerData => ({
  id: device.id,
  activated_at: timestamp(device.activatedAt),
  last_seen_at: timestamp(device.lastSeenAt),
});

/** The lease, signed; or what a liar makes of it. */
export async function leaseForApp(
  lease: IssuedLease,
  leases: LeaseIssuer,
  lie: Lie | null,
): Promise<AnswerData> {
  const { iat, exp, pol } = lease.claims;
  return {
    token: await (lie ? leases.falsify(lease, lie) : lease.token),
    key_id: lease.keyId,
    issued_at: timestamp(iat * secondMs),
    refresh_after: timestamp((iat + pol.refresh) * secondMs),
    expires_at: timestamp(exp * secondMs),
    grace_until: timestamp((exp + pol.grace) * secondMs),
  };
}

/** What every answer of the four calls ends with. */
export const answerTail = (
  { now, lie }: RequestContext,
  { nonce }: { readonly nonce?: string | undefined },
): AnswerData => ({
  server_time: timestamp(now),
  nonce: lie === 'no_nonce' ? null : (nonce ?? null),
});
