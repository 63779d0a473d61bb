import { type AnswerData, answerTail, deviceForApp, licenseForApp } from './answer-data.ts';
import { recognizeDevice } from './recognize-device.ts';
import type { DeviceRecord, LicenseRecord } from './records.ts';
import { notFound } from './refusal.ts';
import { asSeenBy, type CallInput, type RequestContext } from './request.ts';
import { findDevice, release } from './seat-machine.ts';
import { requireLicense, type Vendor } from './vendor.ts';

/** Frees a seat. No state of the license stands in the way: a user can always leave a machine. */
export async function deactivate(
  vendor: Vendor,
  request: RequestContext,
  input: CallInput,
): Promise<AnswerData> {
  const license = asSeenBy(request, requireLicense(vendor, input));
  const device = deviceOf(license, input);
  const isFreed = release(device, request.now);
  return {
    result: isFreed ? 'deactivated' : 'already_deactivated',
    device: deviceForApp(device),
    license: licenseForApp(license, request.now),
    ...answerTail(request, input),
  };
}

function deviceOf(license: LicenseRecord, { device: machine, device_id }: CallInput): DeviceRecord {
  if (!machine) return findDevice(license, device_id ?? '');
  const named = ({ fingerprint }: DeviceRecord) => fingerprint === machine.fingerprint;
  const device = recognizeDevice(license, machine)?.device ?? license.devices.findLast(named);
  if (!device) throw notFound('device');
  return device;
}
