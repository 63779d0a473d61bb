import type { activateLicense as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { LeaseIssuer } from '../leases/index.ts';
import type { SeatRepositories } from '../licenses/index.ts';
import { answerTail, deviceForApp, leaseForApp, licenseForApp } from './activation-view.ts';
import type { LicenseFinder } from './find-license.ts';
import { refuseByState } from './refuse-by-state.ts';
import { seatMachine } from './seat-machine.ts';

/**
 * Invariant 1 of licensing.md: active devices never exceed the limit at any commit. One transaction locks the
 * license, refuses by state, looks for the machine before the limit, and takes the seat by a guarded statement.
 */
export function activateLicense(deps: {
  uow: UnitOfWork<SeatRepositories>;
  newId: NewId;
  finder: LicenseFinder;
  leases: LeaseIssuer;
}): UseCaseOf<typeof contract> {
  return (request, input) =>
    deps.uow.run(request, async (tx) => {
      const license = await deps.finder.find(request, input, tx.licenses.findByKeyForUpdate);
      if (!license) throw notFound('license');
      refuseByState(license, request.now);

      const { replace_device_id, device, nonce } = input;
      const seated = await seatMachine(tx, request, { license, device, replace_device_id, nonce }, deps);
      return {
        result: seated.result,
        device: deviceForApp(seated.device),
        license: licenseForApp(seated.license, request.now),
        lease: leaseForApp(seated.lease),
        ...answerTail(request, input),
      };
    });
}
