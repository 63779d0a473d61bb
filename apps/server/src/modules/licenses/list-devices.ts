import { type listDevices as contract, mapPage } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { DeviceRepository } from './device.repository.ts';
import { deviceView } from './device.ts';
import type { LicenseRepository } from './license.repository.ts';

export const listDevices =
  ({
    uow,
  }: {
    uow: UnitOfWork<{ licenses: LicenseRepository; devices: DeviceRepository }>;
  }): UseCaseOf<typeof contract> =>
  async (request, { licenseId, ...filter }) => {
    const license = await uow.read.licenses.find(request.actor.account_id, licenseId);
    if (!license) throw notFound('license');
    return mapPage(await uow.lagging.devices.page(license, filter), deviceView);
  };
