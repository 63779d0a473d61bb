import type { rotateLicenseKey as contract } from '@thrivetech/contracts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { changeLicense } from './change-license.ts';
import type { LicenseRepository } from './license.repository.ts';
import { licenseView } from './license.ts';
import type { LicenseKeys } from './license-keys.ts';

/** For a key that got around: the old one finds nothing any more, the devices that hold seats do not notice. */
export function rotateLicenseKey(deps: {
  uow: UnitOfWork<{ licenses: LicenseRepository; audit: AuditLog }>;
  licenseKeys: LicenseKeys;
}): UseCaseOf<typeof contract> {
  return (request, { licenseId, reason }) =>
    deps.uow.run(request, async (tx) => {
      const { key, ...storedKey } = deps.licenseKeys.issue(licenseId);
      const what = { licenseId, action: 'license.key_rotated', reason };
      const license = await changeLicense(tx, request, what, (found) => ({ ...found, ...storedKey }));
      return licenseView(license, request.now, key);
    });
}
