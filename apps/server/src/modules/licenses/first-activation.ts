import { dayMs } from '../../platform/clock.ts';
import type { LicenseRecord } from './license.ts';

/** The license from its first activation on: where the duration runs from it, the end is known now. Happens once. */
export function firstActivated(license: LicenseRecord, now: number): LicenseRecord {
  if (license.first_activated_at !== null) return license;
  const { expiry_basis, duration_days, expires_at } = license;
  const runsFromNow = expiry_basis === 'first_activation' && duration_days !== null && expires_at === null;
  return {
    ...license,
    first_activated_at: now,
    expires_at: runsFromNow ? now + duration_days * dayMs : expires_at,
  };
}
