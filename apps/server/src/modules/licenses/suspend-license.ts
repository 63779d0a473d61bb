import type {
  reinstateLicense as reinstateContract,
  suspendLicense as suspendContract,
} from '@thrivetech/contracts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { changeLicense } from './change-license.ts';
import type { LicenseRepository } from './license.repository.ts';
import { licenseView } from './license.ts';

interface Dependencies {
  uow: UnitOfWork<{ licenses: LicenseRepository; audit: AuditLog }>;
}

/** Refuses the key for a while. Devices keep their seats: reinstating must give back what there was. */
export const suspendLicense =
  ({ uow }: Dependencies): UseCaseOf<typeof suspendContract> =>
  (request, { licenseId, reason }) =>
    uow.run(request, async (tx) => {
      const what = { licenseId, action: 'license.suspended', reason };
      const license = await changeLicense(tx, request, what, (found) =>
        found.suspended_at === null ? { ...found, suspended_at: request.now } : found,
      );
      return licenseView(license, request.now);
    });

export const reinstateLicense =
  ({ uow }: Dependencies): UseCaseOf<typeof reinstateContract> =>
  (request, { licenseId, reason }) =>
    uow.run(request, async (tx) => {
      const what = { licenseId, action: 'license.reinstated', reason };
      const license = await changeLicense(tx, request, what, (found) =>
        found.suspended_at === null ? found : { ...found, suspended_at: null },
      );
      return licenseView(license, request.now);
    });
