export { createLicenseFinder } from './find-license.ts';
export { activationsRouter } from './router.ts';
export { createTrialAnchorRepository } from './trial-anchor.repository.ts';
export { createWrongKeyGuard } from './wrong-key-guard.ts';
