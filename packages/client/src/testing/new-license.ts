import { type Feature, generateLicenseKey, normalizeLicenseKey } from '@thrivetech/lease';
import { newId } from './ids.ts';
import {
  dayMs,
  type LicenseDefaults,
  type LicenseRecord,
  type LicenseType,
  type ProductRecord,
} from './records.ts';
import { randomBytes } from './web-crypto.ts';

/** A license to add. What is left out comes from the product. */
export interface NewLicense {
  /** In any spelling; left out, a new one is made. */
  readonly key?: string;
  readonly type?: LicenseType;
  readonly deviceLimit?: number;
  /** Added to those of the product. */
  readonly features?: Readonly<Record<string, Feature>>;
  readonly startsAt?: Date;
  readonly expiresAt?: Date;
  readonly durationDays?: number;
  readonly expiryBasis?: LicenseDefaults['expiryBasis'];
  readonly graceDays?: number;
  /** How long a machine may stay offline before grace. */
  readonly leaseDays?: number;
}

/** @throws {RangeError} for a key that no server could have issued. */
export function newLicense(product: ProductRecord, fields: NewLicense, now: number): LicenseRecord {
  const { defaults } = product;
  const type = fields.type ?? impliedType(fields, defaults);
  const startsAt = fields.startsAt?.getTime() ?? now;
  const durationDays =
    type === 'perpetual' || fields.expiresAt ? null : (fields.durationDays ?? defaults.durationDays);
  const expiryBasis = fields.expiryBasis ?? defaults.expiryBasis;
  return {
    id: newId('lic', now),
    product,
    key: keyOf(fields.key),
    type,
    deviceLimit: fields.deviceLimit ?? defaults.deviceLimit,
    features: { ...defaults.features, ...fields.features },
    createdAt: now,
    startsAt,
    durationDays,
    expiryBasis,
    expiresAt: fields.expiresAt?.getTime() ?? endOf(startsAt, durationDays, expiryBasis),
    graceDays: fields.graceDays ?? (type === 'trial' ? 0 : defaults.graceDays),
    leaseDays: fields.leaseDays ?? defaults.leaseDays,
    firstActivatedAt: null,
    suspendedAt: null,
    revokedAt: null,
    devices: [],
  };
}

/** A made-up key that passes as one: length, alphabet and checksum are right. */
export const newLicenseKey = (): string => generateLicenseKey(randomBytes);

function keyOf(given: string | undefined): string {
  const key = given === undefined ? newLicenseKey() : normalizeLicenseKey(given);
  if (key === null)
    throw new RangeError(`${given} is no license key: length, alphabet or checksum are wrong`);
  return key;
}

// Who names an end for a license of a perpetual product means a timed one.
function impliedType({ expiresAt, durationDays }: NewLicense, { type }: LicenseDefaults): LicenseType {
  const hasEnd = expiresAt !== undefined || durationDays !== undefined;
  return type === 'perpetual' && hasEnd ? 'timed' : type;
}

function endOf(
  startsAt: number,
  durationDays: number | null,
  basis: LicenseDefaults['expiryBasis'],
): number | null {
  if (durationDays === null || basis === 'first_activation') return null;
  return startsAt + durationDays * dayMs;
}
