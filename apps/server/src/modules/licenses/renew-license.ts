import type { renewLicense as contract } from '@thrivetech/contracts';
import { conflict } from '../../platform/app-error.ts';
import { dayMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { changeLicense } from './change-license.ts';
import type { LicenseRepository } from './license.repository.ts';
import { type LicenseRecord, licenseView } from './license.ts';
import { refuseInconsistentTerms } from './license-terms.ts';

type RenewalBasis = 'expiry' | 'now' | 'now_if_expired';

/**
 * The end of a license after a renewal, epoch milliseconds.
 *
 * @throws {AppError} CONFLICT for a license without an end, or without a known duration.
 */
export function renewedEnd(
  license: Pick<LicenseRecord, 'expires_at' | 'duration_days'>,
  renewal: { duration_days?: number | undefined; from: RenewalBasis },
  now: number,
): number {
  const { expires_at } = license;
  if (expires_at === null) {
    throw conflict('license_has_no_end', 'This license has no end yet, so there is nothing to renew.');
  }
  const duration = renewal.duration_days ?? license.duration_days;
  if (duration === null) {
    throw conflict('duration_unknown', 'This license has no duration of its own; give `duration_days`.');
  }
  const start = { expiry: expires_at, now, now_if_expired: Math.max(expires_at, now) }[renewal.from];
  return start + duration * dayMs;
}

/** @throws {AppError} VALIDATION_ERROR for an end that no calendar of ours has. */
function withTerms(license: LicenseRecord): LicenseRecord {
  refuseInconsistentTerms(license);
  return license;
}

export function renewLicense(deps: {
  uow: UnitOfWork<{ licenses: LicenseRepository; audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { licenseId, ...renewal }) =>
    deps.uow.run(request, async (tx) => {
      const license = await changeLicense(tx, request, { licenseId, action: 'license.renewed' }, (found) =>
        withTerms({
          ...found,
          expires_at: renewedEnd(found, renewal, request.now),
        }),
      );
      return licenseView(license, request.now);
    });
}
