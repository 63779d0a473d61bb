import type { RequestContext } from '../../platform/request-context.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { DeviceRepository } from './device.repository.ts';
import type { DeviceRecord } from './device.ts';
import type { LicenseRepository } from './license.repository.ts';
import { isCounted, type LicenseRecord } from './license.ts';
import { type EventSources, recordDeviceEvent } from './license-events.ts';

export interface SeatRepositories extends EventSources {
  readonly licenses: LicenseRepository;
  readonly devices: DeviceRepository;
  readonly usage: UsageRepository;
}

/**
 * Ends activations and frees their seats, with one event for each. A device that had ended already frees nothing.
 *
 * @param onlyIfLapsedAt keeps devices whose floating seat runs on after this moment.
 * @returns the license with the seats that are left.
 */
export async function releaseSeats(
  tx: SeatRepositories,
  request: RequestContext,
  license: LicenseRecord,
  devices: readonly DeviceRecord[],
  onlyIfLapsedAt?: number,
): Promise<LicenseRecord> {
  let left = license;
  for (const device of devices) {
    if (!(await tx.devices.deactivate(device, request.now, onlyIfLapsedAt))) continue;
    left = { ...left, devices_used: left.devices_used - 1 };
    if (isCounted(license)) tx.usage.countLess(license.account_id, 'activations');
    await recordDeviceEvent(tx, request, 'license.deactivated', left, {
      ...device,
      deactivated_at: request.now,
    });
  }
  const freed = license.devices_used - left.devices_used;
  if (freed > 0) await tx.licenses.freeSeats(license, freed);
  return left;
}
