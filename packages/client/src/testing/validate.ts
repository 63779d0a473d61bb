import { type AnswerData, answerTail, deviceForApp, leaseForApp, licenseForApp } from './answer-data.ts';
import type { LeaseIssuer, RefusedStatus } from './lease-issuer.ts';
import { componentsOf, isSameMachine, keptSeat, recognizeDevice } from './recognize-device.ts';
import { type DeviceRecord, isActive, type LicenseRecord, licenseStatus } from './records.ts';
import { asSeenBy, type CallInput, type DeviceInput, type RequestContext } from './request.ts';
import { extendSeat } from './seat-machine.ts';
import { blockingCodes, findLicense, type Vendor } from './vendor.ts';

/** How a signed refusal names each outcome that a device can rely on. */
const refusedStatuses: Readonly<Record<string, RefusedStatus>> = {
  LICENSE_REVOKED: 'revoked',
  LICENSE_SUSPENDED: 'suspended',
  LICENSE_NOT_STARTED: 'not_started',
  LICENSE_EXPIRED: 'expired',
  DEVICE_NOT_ACTIVATED: 'deactivated',
};

/** Says whether a license is valid on a machine; never takes a seat, and is never an HTTP error. */
export async function validate(
  vendor: Vendor,
  leases: LeaseIssuer,
  request: RequestContext,
  input: CallInput,
): Promise<AnswerData> {
  const { now, lie } = request;
  const { device: machine, nonce } = input;
  const tail = answerTail(request, input);
  const found = findLicense(vendor, input);
  if (!found) return { valid: false, code: 'RESOURCE_NOT_FOUND', ...tail };

  const license = asSeenBy(request, found);
  const recognized = machine ? recognizeDevice(license, machine) : null;
  const kept = machine ? keptSeat(recognized, machine, now) : null;
  const status = licenseStatus(license, now);
  const code = judge();
  const isValid = code === 'VALID';
  const answer = {
    valid: isValid,
    code,
    license: licenseForApp(license, now),
    ...(kept && { device: deviceForApp(kept.device) }),
    ...tail,
  };
  // A missing feature is no fault of the license: who wants proof gets the lease, which says what there is.
  if (!isValid && !(code === 'FEATURE_MISSING' && nonce !== undefined)) {
    const proof = proveRefusal(leases, license, { now, machine, nonce, code, active: recognized?.device });
    if (!proof) return answer;
    return { ...answer, device: proof.device, lease: await leaseForApp(proof.lease, leases, lie) };
  }
  if (!kept) return answer;
  Object.assign(kept.device, kept.changes);
  const lease = leases.issue(license, kept.device, { now, nonce });
  extendSeat(license, kept.device, lease);
  return { ...answer, lease: await leaseForApp(lease, leases, lie) };

  function judge(): string {
    if (status !== 'active') return blockingCodes[status];
    if (machine && !kept) return 'DEVICE_NOT_ACTIVATED';
    return hasFeatures(license, input.required_features) ? 'VALID' : 'FEATURE_MISSING';
  }
}

/** Only a machine that the license has or had gets a proof, and only when it sent a nonce. */
function proveRefusal(
  leases: LeaseIssuer,
  license: LicenseRecord,
  asked: {
    readonly now: number;
    readonly machine: DeviceInput | undefined;
    readonly nonce: string | undefined;
    readonly code: string;
    readonly active: DeviceRecord | undefined;
  },
) {
  const { now, machine, nonce, code, active } = asked;
  const status = refusedStatuses[code];
  if (!machine || nonce === undefined || !status) return null;
  const device = active ?? findEnded(license, machine);
  // A seat that the machine has outgrown: its old fingerprint brings it back, so its lease is not over.
  if (!device || (status === 'deactivated' && isActive(device))) return null;
  const presented = { fingerprint: machine.fingerprint, components: componentsOf(machine) };
  const lease = leases.refuse(license, device, { now, nonce, status, machine: presented });
  return { device: deviceForApp(device), lease };
}

function findEnded({ devices }: LicenseRecord, machine: DeviceInput): DeviceRecord | undefined {
  return (
    devices.findLast(({ fingerprint }) => fingerprint === machine.fingerprint) ??
    devices.findLast((device) => !isActive(device) && isSameMachine(device, machine))
  );
}

/** A feature is there when it is neither missing nor switched off. */
function hasFeatures({ features }: LicenseRecord, required: readonly string[] = []): boolean {
  return required.every((name) => Object.hasOwn(features, name) && features[name] !== false);
}
