export { newDevice } from './enroll-device.ts';
export { createLicenseFinder } from './find-license.ts';
export { issueLicenseFile } from './issue-license-file.ts';
export { activationsRouter, licenseFilesRouter } from './router.ts';
export {
  createTrialAnchorRepository,
  type TrialAnchorRecord,
  trialAnchors,
} from './trial-anchor.repository.ts';
export { createWrongKeyGuard } from './wrong-key-guard.ts';
