export { createDeviceRepository } from './device.repository.ts';
export type { DeviceComponents, DeviceRecord, StoredLease } from './device.ts';
export { explainLicense } from './explain-license.ts';
export { firstActivated } from './first-activation.ts';
export { createLicenseRepository } from './license.repository.ts';
export {
  endOfLicense,
  type LicenseRecord,
  type LicenseState,
  licenseState,
  licenseStatus,
} from './license.ts';
export { recordDeviceEvent, recordLicenseEvent } from './license-events.ts';
export { createLicenseKeys, type LicenseKeys } from './license-keys.ts';
export { newLicense } from './new-license.ts';
export { createPersonalData } from './personal-data.ts';
export { releaseSeats, type SeatRepositories } from './release-seats.ts';
export { customerLicensesRouter, licensesRouter } from './router.ts';
