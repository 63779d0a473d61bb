import type { DeviceInput, DeviceView, LeaseView, ValidationCode } from '@thrivetech/contracts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { LeaseIssuer } from '../leases/index.ts';
import type { DeviceRecord, LicenseRecord, SeatRepositories } from '../licenses/index.ts';
import { deviceForApp, leaseForApp } from './activation-view.ts';
import { asPresented, isSameMachine } from './enroll-device.ts';
import { refusedStatuses } from './refuse-by-state.ts';

/** Adds to a refusal what proves it: a lease that grants nothing and answers this very request. */
export type RefusalProver = (
  request: RequestContext,
  license: LicenseRecord,
  asked: { device?: DeviceInput | undefined; nonce?: string | undefined },
  refusal: {
    code: ValidationCode;
    /** The machine's own seat, where it has one; else its newest activation that has ended is looked for. */
    active: DeviceRecord | null;
  },
) => Promise<{ device: DeviceView; lease: LeaseView } | null>;

/**
 * Only a machine that the license has or had gets a proof, and only when it sent a nonce: another one holds no lease
 * that a proof could end, and without a nonce the proof could be kept and shown to the app at another time.
 */
export function createRefusalProver(deps: {
  leases: LeaseIssuer;
  devices: SeatRepositories['devices'];
}): RefusalProver {
  const { leases, devices } = deps;
  return async (request, license, { device: machine, nonce }, { code, active }) => {
    const status = refusedStatuses[code];
    if (!machine || nonce === undefined || !status) return null;
    const device = active ?? (await findEnded(devices, license, machine));
    if (!device) return null;
    // A seat that the machine has outgrown: its old fingerprint brings it back, so its lease is not over.
    if (status === 'deactivated' && device.deactivated_at === null) return null;
    const lease = leases.refuse(request, license, asPresented(device, machine), { status, nonce });
    return { device: deviceForApp(device), lease: leaseForApp(lease) };
  };
}

async function findEnded(
  devices: SeatRepositories['devices'],
  license: LicenseRecord,
  machine: DeviceInput,
): Promise<DeviceRecord | null> {
  const named = await devices.findLatestByFingerprint(license, machine.fingerprint);
  if (named) return named;
  const candidates = await devices.findEndedByStrongComponents(license, machine.components ?? {});
  return candidates.find((device) => isSameMachine(device, machine)) ?? null;
}
