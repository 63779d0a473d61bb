import type { ComponentDigests, DeviceDigests, Feature, LeaseClaims } from '@thrivetech/lease';

export const secondMs = 1000;
export const dayMs = 86_400_000;

export type LicenseType = 'perpetual' | 'timed' | 'subscription' | 'floating' | 'trial';

/** What a license of a product gets where nobody says otherwise. */
export interface LicenseDefaults {
  readonly type: LicenseType;
  readonly deviceLimit: number;
  readonly durationDays: number | null;
  /** From when the duration runs. */
  readonly expiryBasis: 'creation' | 'first_activation';
  readonly graceDays: number;
  readonly leaseDays: number;
  readonly features: Readonly<Record<string, Feature>>;
}

export interface ProductRecord {
  readonly id: string;
  /** Null: the product offers no trial. */
  readonly trialDays: number | null;
  readonly defaults: LicenseDefaults;
}

/** A license; times in epoch milliseconds. */
export interface LicenseRecord {
  readonly id: string;
  readonly product: ProductRecord;
  readonly createdAt: number;
  readonly expiryBasis: LicenseDefaults['expiryBasis'];
  readonly leaseDays: number;
  readonly devices: DeviceRecord[];
  key: string;
  type: LicenseType;
  deviceLimit: number;
  features: Readonly<Record<string, Feature>>;
  startsAt: number;
  /** Null: never, or not yet known because the duration runs from the first activation. */
  expiresAt: number | null;
  durationDays: number | null;
  graceDays: number;
  firstActivatedAt: number | null;
  suspendedAt: number | null;
  revokedAt: number | null;
}

/** What a machine says of itself, for people. */
export interface DeviceDescription {
  readonly name: string | null;
  readonly platform: string | null;
  readonly arch: string | null;
  readonly os_version: string | null;
  readonly app_version: string | null;
  readonly environment: string | null;
}

/** One activation of one machine; times in epoch milliseconds. */
export interface DeviceRecord {
  readonly id: string;
  readonly activatedAt: number;
  fingerprint: string;
  components: ComponentDigests;
  description: DeviceDescription;
  /** When changed components were taken over. */
  reenrolledAt: readonly number[];
  deactivatedAt: number | null;
  lastSeenAt: number;
  /** When a floating seat is free for others; null: never. */
  seatExpiresAt: number | null;
  leaseSequence: number;
  lease: IssuedLease | null;
}

/** A lease that was decided on. Signing goes on beside it: WebCrypto answers later, and a decision must not wait. */
export interface IssuedLease {
  readonly claims: Omit<LeaseClaims, 'fp'>;
  readonly machine: DeviceDigests;
  readonly keyId: string;
  /** Everything the lease says. When it differs, the lease must be made anew. */
  readonly basis: string;
  readonly token: Promise<string>;
}

export const isActive = (device: DeviceRecord): boolean => device.deactivatedAt === null;

export const devicesUsed = (license: LicenseRecord): number => license.devices.filter(isActive).length;

/** When a license stops working for good: its end and the days of grace after it. */
export function endOfLicense({
  expiresAt,
  graceDays,
}: Pick<LicenseRecord, 'expiresAt' | 'graceDays'>): number | null {
  return expiresAt === null ? null : expiresAt + graceDays * dayMs;
}

/** As the API names it: `active` covers the days of grace. */
export type LicenseStatus = 'active' | 'revoked' | 'suspended' | 'not_started' | 'expired';

/** What is final goes before what can be undone, and that before what time alone decides. */
export function licenseStatus(license: LicenseRecord, now: number): LicenseStatus {
  if (license.revokedAt !== null) return 'revoked';
  if (license.suspendedAt !== null) return 'suspended';
  if (license.startsAt > now && license.startsAt > license.createdAt) return 'not_started';
  const end = endOfLicense(license);
  return end !== null && end <= now ? 'expired' : 'active';
}
