import { normalizeLicenseKey } from '@thrivetech/lease';
import { timestamp } from './answer-data.ts';
import { type LicenseRecord, licenseStatus, type ProductRecord } from './records.ts';
import { notFound, Refusal } from './refusal.ts';
import type { CallInput } from './request.ts';

/** All that the emulated vendor has. */
export interface Vendor {
  readonly products: Map<string, ProductRecord>;
  readonly licenses: LicenseRecord[];
  /** The trial of a machine, by what the machine is remembered by. */
  readonly trialAnchors: Map<string, LicenseRecord>;
}

/** Null for an unknown key and for one of another product: a caller cannot tell these apart. */
export function findLicense({ licenses }: Vendor, input: CallInput): LicenseRecord | null {
  const key = normalizeLicenseKey(input.license_key);
  const license = key === null ? undefined : licenses.find((candidate) => candidate.key === key);
  const isMeant = input.product_id === undefined || license?.product.id === input.product_id;
  return license && isMeant ? license : null;
}

/** @throws {Refusal} RESOURCE_NOT_FOUND */
export function requireLicense(vendor: Vendor, input: CallInput): LicenseRecord {
  const license = findLicense(vendor, input);
  if (!license) throw notFound('license');
  return license;
}

/** How `validate` names each state that blocks. */
export const blockingCodes = {
  revoked: 'LICENSE_REVOKED',
  suspended: 'LICENSE_SUSPENDED',
  not_started: 'LICENSE_NOT_STARTED',
  expired: 'LICENSE_EXPIRED',
} as const;

/** @throws {Refusal} by which an activation is refused in this state; what has not started is a CONFLICT. */
export function refuseByState(license: LicenseRecord, now: number): void {
  const status = licenseStatus(license, now);
  if (status === 'active') return;
  if (status !== 'not_started') throw new Refusal(blockingCodes[status]);
  throw new Refusal('CONFLICT', {
    message: 'This license is not valid yet.',
    details: { reason: 'license_not_started', starts_at: timestamp(license.startsAt) },
  });
}
