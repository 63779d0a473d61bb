import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { activateLicense } from './activate-license.ts';
import { deactivateDevice } from './deactivate-device.ts';
import { issueLicenseFile } from './issue-license-file.ts';
import { startTrial } from './start-trial.ts';
import { validateLicense } from './validate-license.ts';

type Dependencies = Parameters<typeof activateLicense>[0] &
  Parameters<typeof validateLicense>[0] &
  Parameters<typeof startTrial>[0] &
  Parameters<typeof issueLicenseFile>[0];

export const activationsRouter = (procedure: ProcedureBuilder, deps: Dependencies) =>
  t.router({
    activate: procedure.mutation(contracts.activateLicense, activateLicense(deps)),
    validate: procedure.mutation(contracts.validateLicense, validateLicense(deps)),
    deactivate: procedure.mutation(contracts.deactivateLicense, deactivateDevice(deps)),
    trial: procedure.mutation(contracts.startTrial, startTrial(deps)),
  });

/** Merged into the licenses' router: the path is theirs, the seat is ours. */
export const licenseFilesRouter = (procedure: ProcedureBuilder, deps: Dependencies) =>
  t.router({ issueFile: procedure.mutation(contracts.issueLicenseFile, issueLicenseFile(deps)) });
