export { newDevice } from './enroll-device.ts';
export { createLicenseFinder } from './find-license.ts';
export { activationsRouter } from './router.ts';
export {
  createTrialAnchorRepository,
  type TrialAnchorRecord,
  trialAnchors,
} from './trial-anchor.repository.ts';
export { createWrongKeyGuard } from './wrong-key-guard.ts';
