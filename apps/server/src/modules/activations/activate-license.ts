import type { activateLicense as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { LeaseIssuer } from '../leases/index.ts';
import { type LicenseRecord, releaseSeats, type SeatRepositories } from '../licenses/index.ts';
import { answerTail, deviceForApp, leaseForApp, licenseForApp } from './activation-view.ts';
import type { LicenseFinder } from './find-license.ts';
import { refuseByState } from './refuse-by-state.ts';
import { keptSeat, recognizeDevice, takeSeat } from './take-seat.ts';

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
      const kept = keptSeat(await recognizeDevice(tx.devices, license, device), device, request.now);
      const freed =
        replace_device_id && !kept ? await freeSeatOf(tx, request, license, replace_device_id) : license;
      const seated = await takeSeat(tx, request, { license: freed, input: device, kept, nonce }, deps);

      const replaced = seated.result === 'activated' && freed !== license;
      return {
        result: replaced ? ('replaced' as const) : seated.result,
        device: deviceForApp(seated.device),
        license: licenseForApp(seated.license, request.now),
        lease: leaseForApp(seated.lease),
        ...answerTail(request, input),
      };
    });
}

// Freed and taken in one transaction: nobody else can slip into the seat. A device that was deactivated meanwhile
// has freed its seat already, so the caller simply takes a free one.
async function freeSeatOf(
  tx: SeatRepositories,
  request: RequestContext,
  license: LicenseRecord,
  device_id: string,
): Promise<LicenseRecord> {
  const device = await tx.devices.find(license, device_id);
  if (!device) throw notFound('device');
  return releaseSeats(tx, request, license, [device]);
}
