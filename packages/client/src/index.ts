export type {
  AcceptedLease,
  ComponentDigests,
  Feature,
  LeaseClaims,
  LeaseVerdict,
  RefusedLease,
} from '@thrivetech/lease';
export * from './browser.ts';
export type { DeviceReader } from './device/device.ts';
export type { LicenseEvents, LicenseListener } from './license/license-events.ts';
export type * from './license/license-state.ts';
export type { DeviceOptions, ThriveLicenseOptions } from './license/options.ts';
export type {
  ActivationResult,
  DeactivationResult,
  ImportResult,
  TrialResult,
  ValidationResult,
} from './license/results.ts';
export { ThriveLicense } from './license/thrive-license.ts';
export { createFileStore, type FileStoreOptions } from './state/file-store.ts';
export { createMemoryStore } from './state/memory-store.ts';
export type { AcceptText, SecretBox, StateStore, StoredText } from './state/state-store.ts';
