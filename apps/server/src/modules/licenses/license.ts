import type { License, LicenseStatus } from '@thrivetech/contracts';
import { maskLicenseKey } from '@thrivetech/lease';
import { dayMs, toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';

/** A license as it is stored; times in epoch milliseconds. */
export interface LicenseRecord {
  readonly id: string;
  readonly account_id: string;
  readonly product_id: string;
  readonly customer_id: string | null;
  readonly key_hash: string;
  readonly key_sealed: string;
  readonly key_last_four: string;
  readonly type: License['type'];
  readonly device_limit: number;
  readonly devices_used: number;
  readonly features: License['features'];
  readonly metadata: License['metadata'];
  readonly notes: string | null;
  readonly starts_at: number;
  /** Null: never, or not yet known because the duration runs from the first activation. */
  readonly expires_at: number | null;
  readonly duration_days: number | null;
  readonly expiry_basis: License['expiry_basis'];
  readonly grace_days: number;
  readonly lease_days: number;
  readonly first_activated_at: number | null;
  readonly suspended_at: number | null;
  readonly revoked_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
  readonly version: number;
}

export type LicenseState = 'revoked' | 'suspended' | 'not_started' | 'expired' | 'grace' | 'active';
type StateFields = Pick<
  LicenseRecord,
  'revoked_at' | 'suspended_at' | 'created_at' | 'starts_at' | 'expires_at' | 'grace_days'
>;

/** When a license stops working for good: its end and the days of grace after it, epoch milliseconds. */
export function endOfLicense(license: Pick<LicenseRecord, 'expires_at' | 'grace_days'>): number | null {
  return license.expires_at === null ? null : license.expires_at + license.grace_days * dayMs;
}

/**
 * The state of a license at a moment. The order is the rule (licensing.md): what is final goes before what can be
 * undone, and that before what time alone decides.
 */
export function licenseState(license: StateFields, now: number): LicenseState {
  if (license.revoked_at !== null) return 'revoked';
  if (license.suspended_at !== null) return 'suspended';
  if (isBeforeStart(license, now)) return 'not_started';
  const end = endOfLicense(license);
  if (end !== null && end <= now) return 'expired';
  if (license.expires_at !== null && license.expires_at <= now) return 'grace';
  return 'active';
}

/**
 * A license that was given no start works from its creation on, also for a request whose clock lags behind the one
 * that created it.
 */
function isBeforeStart({ starts_at, created_at }: StateFields, now: number): boolean {
  return starts_at > now && starts_at > created_at;
}

/** The state as the API names it: grace is a kind of active. */
export function licenseStatus(license: StateFields, now: number): LicenseStatus {
  const state = licenseState(license, now);
  return state === 'grace' ? 'active' : state;
}

/** Does it take a place of the plan? A trial does not, nor do its devices: whoever holds a channel key can start as many as he likes. */
export const isCounted = ({ type }: Pick<LicenseRecord, 'type'>): boolean => type !== 'trial';

/** A license as the management side sees it. The key is masked unless its owner asked for it in full. */
export function licenseView(license: LicenseRecord, now: number, fullKey?: string): License {
  return {
    id: license.id,
    key: fullKey ?? maskLicenseKey(license.key_last_four),
    product_id: license.product_id,
    customer_id: license.customer_id,
    type: license.type,
    status: licenseStatus(license, now),
    device_limit: license.device_limit,
    devices_used: license.devices_used,
    features: license.features,
    starts_at: toTimestamp(license.starts_at),
    expires_at: toTimestampOrNull(license.expires_at),
    duration_days: license.duration_days,
    expiry_basis: license.expiry_basis,
    grace_days: license.grace_days,
    first_activated_at: toTimestampOrNull(license.first_activated_at),
    suspended_at: toTimestampOrNull(license.suspended_at),
    revoked_at: toTimestampOrNull(license.revoked_at),
    metadata: license.metadata,
    notes: license.notes,
    created_at: toTimestamp(license.created_at),
    updated_at: toTimestamp(license.updated_at),
    version: license.version,
  };
}
