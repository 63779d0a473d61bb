import type { ComponentDigests } from '@thrivetech/lease';
import type { Lie } from './faults.ts';
import { dayMs, type LicenseRecord } from './records.ts';

/** A machine as an app describes it. */
export interface DeviceInput {
  readonly fingerprint: string;
  readonly components?: ComponentDigests;
  readonly name?: string;
  readonly platform?: string;
  readonly arch?: string;
  readonly os_version?: string;
  readonly app_version?: string;
  readonly environment?: string;
}

/** The four bodies in one: which fields are there was checked before. */
export interface CallInput {
  readonly license_key: string;
  readonly product_id?: string;
  readonly device?: DeviceInput;
  readonly device_id?: string;
  readonly replace_device_id?: string;
  readonly required_features?: readonly string[];
  readonly nonce?: string;
}

/** What one request sees of the world, and how its answer is to be spoiled. */
export interface RequestContext {
  /** Epoch milliseconds, one moment for the whole request. */
  readonly now: number;
  readonly pretended: PretendedState | null;
  readonly isFull: boolean;
  readonly lie: Lie | null;
}

/** A state of a license that holds for one request only. */
export type PretendedState = 'revoked' | 'suspended' | 'expired';

/** The license as this request sees it. Devices are the real ones. */
export function asSeenBy({ pretended, now }: RequestContext, license: LicenseRecord): LicenseRecord {
  if (pretended === 'revoked') return { ...license, revokedAt: now };
  if (pretended === 'suspended') return { ...license, suspendedAt: now };
  if (pretended === 'expired') return { ...license, expiresAt: now - license.graceDays * dayMs };
  return license;
}
