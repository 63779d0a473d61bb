import { afterAll, beforeAll, describe } from 'vitest';
import { emulatorTarget } from './emulator-target.ts';
import { serverTarget } from './server-target.ts';
import { activateSuite } from './suites/activate.ts';
import { deactivateSuite } from './suites/deactivate.ts';
import { fileSuite } from './suites/files.ts';
import { recognitionSuite } from './suites/recognition.ts';
import { requestSuite } from './suites/requests.ts';
import { timeSuite } from './suites/time.ts';
import { trialSuite } from './suites/trial.ts';
import { validateSuite } from './suites/validate.ts';
import type { Target } from './target.ts';

// What an app can rely on over the wire. The emulator of the test kit must keep it as the server does, or a test that is
// green against the one says nothing about the other.
describe.each([
  ['the emulator', emulatorTarget],
  ['a real server', serverTarget],
] as const)('%s', (_name, open) => {
  let target: Target;
  beforeAll(async () => {
    target = await open();
  });
  afterAll(() => target.close());
  const suites = [
    activateSuite,
    recognitionSuite,
    validateSuite,
    deactivateSuite,
    trialSuite,
    requestSuite,
    fileSuite,
    timeSuite,
  ];
  for (const suite of suites) suite(() => target);
});
