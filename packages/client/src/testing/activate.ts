import { type AnswerData, answerTail, deviceForApp, leaseForApp, licenseForApp } from './answer-data.ts';
import type { LeaseIssuer } from './lease-issuer.ts';
import type { LicenseRecord } from './records.ts';
import type { CallInput, DeviceInput, RequestContext } from './request.ts';
import { asSeenBy } from './request.ts';
import { type Seated, seatMachine } from './seat-machine.ts';
import { refuseByState, requireLicense, type Vendor } from './vendor.ts';

/** Decides before it waits for anything, so that parallel calls take their turns. */
export async function activate(
  vendor: Vendor,
  leases: LeaseIssuer,
  request: RequestContext,
  input: CallInput & { readonly device: DeviceInput },
): Promise<AnswerData> {
  const license = asSeenBy(request, requireLicense(vendor, input));
  refuseByState(license, request.now);
  const { now, isFull } = request;
  const { device, nonce, replace_device_id: replaceDeviceId } = input;
  const seated = seatMachine({ license, device, replaceDeviceId, nonce, now, isFull }, leases);
  return seatedAnswer(leases, request, input, { ...seated, license });
}

/** What `activate` and `trial` answer when the machine has its seat. */
export async function seatedAnswer(
  leases: LeaseIssuer,
  request: RequestContext,
  input: CallInput,
  seated: Omit<Seated, 'result'> & { readonly result: string; readonly license: LicenseRecord },
): Promise<AnswerData> {
  const answer = {
    result: seated.result,
    device: deviceForApp(seated.device),
    license: licenseForApp(seated.license, request.now),
    ...answerTail(request, input),
  };
  return { ...answer, lease: await leaseForApp(seated.lease, leases, request.lie) };
}
