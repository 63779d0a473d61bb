import type { ErrorCode, ValidationCode } from '@thrivetech/contracts';
import { AppError } from '../../platform/app-error.ts';
import { toTimestamp } from '../../platform/clock.ts';
import type { RefusedStatus } from '../leases/index.ts';
import { type LicenseRecord, type LicenseState, licenseState } from '../licenses/index.ts';

type BlockingState = Exclude<LicenseState, 'active' | 'grace'>;

/** How `validate` names each state that blocks. */
const validationCodes: Record<BlockingState, ValidationCode> = {
  revoked: 'LICENSE_REVOKED',
  suspended: 'LICENSE_SUSPENDED',
  not_started: 'LICENSE_NOT_STARTED',
  expired: 'LICENSE_EXPIRED',
};

/** How a signed refusal names each outcome of `validate` that a device can rely on. */
export const refusedStatuses: Partial<Record<ValidationCode, RefusedStatus>> = {
  LICENSE_REVOKED: 'revoked',
  LICENSE_SUSPENDED: 'suspended',
  LICENSE_NOT_STARTED: 'not_started',
  LICENSE_EXPIRED: 'expired',
  DEVICE_NOT_ACTIVATED: 'deactivated',
};

/** The code with which a license in its present state is not valid, or null. */
export function blockingCode(license: LicenseRecord, now: number): ValidationCode | null {
  const state = licenseState(license, now);
  return state === 'active' || state === 'grace' ? null : validationCodes[state];
}

/** @throws {AppError} by which an activation is refused in this state; a license that has not started is a CONFLICT. */
export function refuseByState(license: LicenseRecord, now: number): void {
  const code = blockingCode(license, now);
  if (code === null) return;
  if (code === 'LICENSE_NOT_STARTED') {
    throw new AppError('CONFLICT', {
      message: 'This license is not valid yet.',
      details: { reason: 'license_not_started', starts_at: toTimestamp(license.starts_at) },
    });
  }
  throw new AppError(code as ErrorCode);
}
