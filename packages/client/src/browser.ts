export type { Clock } from './api/clock.ts';
export type { Device, DeviceEnvironment } from './device/device.ts';
export { errorCodes, ThriveError, type ThriveErrorCode } from './errors.ts';
export type { ConnectionOptions, RootKey } from './license/options.ts';
export {
  type OnlineActivation,
  type OnlineLease,
  type OnlineTrial,
  type OnlineValidation,
  ThriveOnline,
  type ThriveOnlineOptions,
} from './license/thrive-online.ts';
