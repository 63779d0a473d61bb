import type { removeDevice as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { deviceView } from './device.ts';
import { releaseSeats, type SeatRepositories } from './release-seats.ts';

/** Support frees a seat for a customer. Removing it again changes nothing. */
export function removeDevice(deps: {
  uow: UnitOfWork<SeatRepositories & { audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { licenseId, deviceId }) =>
    deps.uow.run(request, async (tx) => {
      const license = await tx.licenses.findForUpdate(request.actor.account_id, licenseId);
      if (!license) throw notFound('license');
      const device = await tx.devices.find(license, deviceId);
      if (!device) throw notFound('device');
      if (device.deactivated_at !== null) return deviceView(device);

      await releaseSeats(tx, request, license, [device]);
      const view = deviceView({ ...device, deactivated_at: request.now });
      await tx.audit.record(request, {
        action: 'device.deactivated',
        target_id: device.id,
        before: deviceView(device),
        after: view,
      });
      return view;
    });
}
