import type { deactivateLicense as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { releaseSeats, type SeatRepositories } from '../licenses/index.ts';
import { answerTail, deviceForApp, licenseForApp } from './activation-view.ts';
import type { LicenseFinder } from './find-license.ts';
import { recognizeDevice } from './take-seat.ts';

/** Frees a seat. No state of the license stands in the way: a user can always leave a machine. */
export function deactivateDevice(deps: {
  uow: UnitOfWork<SeatRepositories>;
  finder: LicenseFinder;
}): UseCaseOf<typeof contract> {
  return (request, input) =>
    deps.uow.run(request, async (tx) => {
      const license = await deps.finder.find(request, input, tx.licenses.findByKeyForUpdate);
      if (!license) throw notFound('license');
      const device = input.device
        ? ((await recognizeDevice(tx.devices, license, input.device))?.device ??
          (await tx.devices.findLatestByFingerprint(license, input.device.fingerprint)))
        : await tx.devices.find(license, input.device_id ?? '');
      if (!device) throw notFound('device');

      const left = await releaseSeats(tx, request, license, [device]);
      return {
        result: left === license ? ('already_deactivated' as const) : ('deactivated' as const),
        device: deviceForApp(device),
        license: licenseForApp(left, request.now),
        ...answerTail(request, input),
      };
    });
}
