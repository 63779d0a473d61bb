import type { updateLicense as contract } from '@thrivetech/contracts';
import { invalid, notFound } from '../../platform/app-error.ts';
import { fromTimestamp } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import { given, type UseCaseOf } from '../../platform/use-case.ts';
import { refuseStaleVersion } from '../../platform/version-guard.ts';
import type { AuditLog } from '../audit/index.ts';
import type { CustomerRepository } from '../customers/index.ts';
import { changeLicense } from './change-license.ts';
import type { LicenseRepository } from './license.repository.ts';
import { type LicenseRecord, licenseView } from './license.ts';
import { endingTypes, refuseInconsistentTerms } from './license-terms.ts';

/** A license that must end can be without one only while its end is still to come from the first activation. */
function refuseEndless({ type, expires_at }: LicenseRecord): void {
  if (endingTypes.includes(type) && expires_at !== null) {
    throw invalid('expires_at', `a license of type "${type}" needs an end`);
  }
}

export function updateLicense(deps: {
  uow: UnitOfWork<{ licenses: LicenseRepository; customers: CustomerRepository; audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { licenseId, version, starts_at, expires_at, ...changes }) =>
    deps.uow.run(request, async (tx) => {
      const changed = await changeLicense(
        tx,
        request,
        { licenseId, action: 'license.updated' },
        async (license) => {
          refuseStaleVersion(license, version);
          const { customer_id } = changes;
          if (customer_id && !(await tx.customers.find(license.account_id, customer_id)))
            throw notFound('customer');
          const wanted: LicenseRecord = {
            ...license,
            ...given(changes),
            ...(starts_at !== undefined && { starts_at: fromTimestamp(starts_at) }),
            ...(expires_at !== undefined && {
              expires_at: expires_at === null ? null : fromTimestamp(expires_at),
            }),
          };
          if (expires_at === null) refuseEndless(license);
          refuseInconsistentTerms(wanted);
          return wanted;
        },
      );
      return licenseView(changed, request.now);
    });
}
