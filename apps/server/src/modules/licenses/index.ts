export { countFloatingSeats } from './count-floating-seats.ts';
export { createDeviceRepository } from './device.repository.ts';
export { type DeviceComponents, type DeviceRecord, deviceView, type StoredLease } from './device.ts';
export { expireLicenses, expireLicensesOf } from './expire-licenses.ts';
export { explainLicense } from './explain-license.ts';
export { firstActivated } from './first-activation.ts';
export { createLicenseRepository } from './license.repository.ts';
export {
  endOfLicense,
  isCounted,
  type LicenseRecord,
  type LicenseState,
  licenseState,
  licenseStatus,
  licenseView,
} from './license.ts';
export { licenseEventData, recordDeviceEvent, recordLicenseEvent } from './license-events.ts';
export { createLicenseKeys, type LicenseKeys } from './license-keys.ts';
export { newLicense } from './new-license.ts';
export { createPersonalData } from './personal-data.ts';
export { releaseSeats, type SeatRepositories } from './release-seats.ts';
export { renewedEnd } from './renew-license.ts';
export { customerLicensesRouter, licensesRouter } from './router.ts';
