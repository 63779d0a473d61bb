export {
  type AddedLicense,
  createEmulator,
  type Emulator,
  type EmulatorOptions,
  type NewProduct,
} from './create-emulator.ts';
export type { EmulatedDevice, EmulatedLicense } from './emulated-license.ts';
export type { Call, Fault, FaultName, FaultSpec, Faults } from './faults.ts';
export type { LicenseFileOptions } from './issue-license-file.ts';
export { nodeListener } from './node-listener.ts';
export type { EmulatedRequest } from './request-log.ts';
export { createTestClock, type TestClock } from './test-clock.ts';
export { createTestMachine, type TestMachine } from './test-machine.ts';
