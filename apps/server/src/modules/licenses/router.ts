import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { createLicense, createLicenses } from './create-license.ts';
import { explainLicense } from './explain-license.ts';
import { exportLicenses } from './export-licenses.ts';
import { listDevices } from './list-devices.ts';
import { getLicense, listCustomerLicenses, listLicenses } from './read-licenses.ts';
import { removeDevice } from './remove-device.ts';
import { renewLicense } from './renew-license.ts';
import { revokeLicense } from './revoke-license.ts';
import { rotateLicenseKey } from './rotate-license-key.ts';
import { reinstateLicense, suspendLicense } from './suspend-license.ts';
import { updateLicense } from './update-license.ts';

type Dependencies = Parameters<typeof createLicense>[0] &
  Parameters<typeof getLicense>[0] &
  Parameters<typeof revokeLicense>[0];

export const licensesRouter = (procedure: ProcedureBuilder, deps: Dependencies) =>
  t.router({
    list: procedure.query(contracts.listLicenses, listLicenses(deps)),
    create: procedure.mutation(contracts.createLicense, createLicense(deps)),
    createMany: procedure.mutation(contracts.createLicenses, createLicenses(deps)),
    export: procedure.query(contracts.exportLicenses, exportLicenses(deps)),
    get: procedure.query(contracts.getLicense, getLicense(deps)),
    update: procedure.mutation(contracts.updateLicense, updateLicense(deps)),
    suspend: procedure.mutation(contracts.suspendLicense, suspendLicense(deps)),
    reinstate: procedure.mutation(contracts.reinstateLicense, reinstateLicense(deps)),
    renew: procedure.mutation(contracts.renewLicense, renewLicense(deps)),
    rotateKey: procedure.mutation(contracts.rotateLicenseKey, rotateLicenseKey(deps)),
    explain: procedure.query(contracts.explainLicense, explainLicense(deps)),
    revoke: procedure.mutation(contracts.revokeLicense, revokeLicense(deps)),
    devices: t.router({
      list: procedure.query(contracts.listDevices, listDevices(deps)),
      deactivate: procedure.mutation(contracts.removeDevice, removeDevice(deps)),
    }),
  });

/** Merged into the customers' router: the path is theirs, the licenses are ours. */
export const customerLicensesRouter = (procedure: ProcedureBuilder, deps: Dependencies) =>
  t.router({ licenses: procedure.query(contracts.listCustomerLicenses, listCustomerLicenses(deps)) });
