import type { issueLicenseFile as contract, LicenseRequest } from '@thrivetech/contracts';
import { conflict, invalid, notFound } from '../../platform/app-error.ts';
import { toTimestamp } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { type KeyRing, type LeaseIssuer, makeLicenseFile } from '../leases/index.ts';
import { deviceView, type LicenseRecord, licenseView, type SeatRepositories } from '../licenses/index.ts';
import { refuseByState } from './refuse-by-state.ts';
import { seatMachine } from './seat-machine.ts';

/** Ended devices that a file names; older ones hold leases that have run out by themselves. */
const endedDevicesMax = 1_000;

/**
 * Answers the request of a machine without a network with a file. It is an activation that somebody of the vendor
 * carries there and back, so it takes a seat by the same rules, and the audit log says who did it.
 */
export function issueLicenseFile(deps: {
  uow: UnitOfWork<SeatRepositories & { audit: AuditLog }>;
  newId: NewId;
  leases: LeaseIssuer;
  keyRing: KeyRing;
}): UseCaseOf<typeof contract> {
  return (request, { licenseId, request: asked, replace_device_id, lease_days }) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const license = await tx.licenses.findForUpdate(actor.account_id, licenseId);
      if (!license) throw notFound('license');
      refuseForeign(asked, license);
      refuseFloating(license);
      refuseByState(license, now);

      const { device: machine, nonce } = asked;
      const offlineDays = lease_days ?? license.lease_days;
      const claim = { license, device: machine, replace_device_id, nonce, offlineDays };
      const seated = await seatMachine(tx, request, claim, deps);
      const ended = await tx.devices.listEnded(license, endedDevicesMax);
      const device = deviceView(seated.device);
      await tx.audit.record(request, {
        action: 'device.file_issued',
        target_id: device.id,
        after: {
          ...device,
          result: seated.result,
          ...(seated.result === 'replaced' && { replaced_device_id: replace_device_id }),
          lease_expires_at: toTimestamp(seated.lease.expires_at),
          requested_at: asked.created_at,
        },
      });
      return {
        result: seated.result,
        device,
        license: licenseView(seated.license, now),
        file: makeLicenseFile(deps.keyRing, now, seated.lease, ended),
      };
    });
}

// The app on that machine would refuse the file anyway, on the far side of a walk with a memory stick.
function refuseForeign({ product_id, license_id }: LicenseRequest, license: LicenseRecord): void {
  if (product_id !== license.product_id)
    throw invalid('request.product_id', 'must be the product of the license');
  if (license_id !== undefined && license_id !== license.id)
    throw invalid('request.license_id', 'must be this license, or be left out');
}

// Its seat counts only while heartbeats come. A machine that can send none would lose it within minutes, or, with a
// lease of days, hold it against the rule that its other users pay for.
function refuseFloating({ type }: LicenseRecord): void {
  if (type !== 'floating') return;
  throw conflict(
    'floating_license',
    'A floating seat lives by heartbeats, which a machine without a network cannot send; use a license of another type.',
  );
}
