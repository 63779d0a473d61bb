import type { explainLicense as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import { fromTimestamp, toTimestamp } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { DeviceRepository } from './device.repository.ts';
import { explain } from './explanation.ts';
import type { LicenseRepository } from './license.repository.ts';

export function explainLicense(deps: {
  uow: UnitOfWork<{ licenses: LicenseRepository; devices: DeviceRepository }>;
}): UseCaseOf<typeof contract> {
  return async (request, { licenseId, device_id, as_of }) => {
    const { licenses, devices } = deps.uow.read;
    const license = await licenses.find(request.actor.account_id, licenseId);
    if (!license) throw notFound('license');
    const device = device_id === undefined ? null : await devices.find(license, device_id);
    if (device_id !== undefined && !device) throw notFound('device');

    const at = as_of === undefined ? request.now : fromTimestamp(as_of);
    const rules = explain(license, device, at, await devices.countTakenAt(license, at));
    const refused = rules.find((rule) => rule.outcome === 'refused');
    return {
      license_id: license.id,
      device_id: device?.id ?? null,
      as_of: toTimestamp(at),
      allowed: refused === undefined,
      refused_by: refused?.rule ?? null,
      rules,
    };
  };
}
