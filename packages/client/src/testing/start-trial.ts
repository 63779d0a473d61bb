import { seatedAnswer } from './activate.ts';
import type { AnswerData } from './answer-data.ts';
import type { LeaseIssuer } from './lease-issuer.ts';
import { newLicense } from './new-license.ts';
import { keptSeat, recognizeDevice } from './recognize-device.ts';
import { type LicenseRecord, licenseStatus, type ProductRecord } from './records.ts';
import { invalid, notFound, Refusal } from './refusal.ts';
import { asSeenBy, type CallInput, type DeviceInput, type RequestContext } from './request.ts';
import { release, seatMachine } from './seat-machine.ts';
import { refuseByState, type Vendor } from './vendor.ts';

/** One trial per machine and product, for ever. Decides before it waits for anything. */
export async function startTrial(
  vendor: Vendor,
  leases: LeaseIssuer,
  request: RequestContext,
  input: CallInput & { readonly device: DeviceInput },
): Promise<AnswerData> {
  const { now } = request;
  const { device, nonce } = input;
  const product = productOf(vendor, input.product_id);
  const anchors = anchorsOf(product, device);
  const found = anchors.map((anchor) => vendor.trialAnchors.get(anchor));
  // The oldest, should parts of several machines have come together in this one.
  const known = vendor.licenses.find((license) => found.includes(license));
  if (known) refuseEndedTrial(asSeenBy(request, known), now);
  const trial = known ?? createTrial(vendor, product, now);
  for (const anchor of anchors) {
    if (!vendor.trialAnchors.has(anchor)) vendor.trialAnchors.set(anchor, trial);
  }
  // An anchor says that this is the trial's machine, even where too much of it changed to be recognized.
  if (!keptSeat(recognizeDevice(trial, device), device, now)) {
    for (const old of trial.devices) release(old, now);
  }
  const seated = seatMachine({ license: trial, device, nonce, now, isFull: false }, leases);
  const result = known ? 'existing' : 'started';
  return seatedAnswer(leases, request, input, { ...seated, result, license: trial });
}

function productOf({ products }: Vendor, productId: string | undefined): ProductRecord {
  if (productId === undefined) {
    throw invalid({
      path: 'product_id',
      code: 'custom',
      message: 'is required unless the channel key is bound to exactly one product',
    });
  }
  const product = products.get(productId);
  if (!product) throw notFound('product');
  return product;
}

/** What a machine is remembered by: its fingerprint and each strong component, so that one alone finds the trial. */
function anchorsOf({ id }: ProductRecord, { fingerprint, components = {} }: DeviceInput): string[] {
  const { os_install_id, board_id } = components;
  return Object.entries({ fingerprint, os_install_id, board_id })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${id}/${name}/${value}`);
}

function createTrial(vendor: Vendor, product: ProductRecord, now: number): LicenseRecord {
  const { trialDays } = product;
  if (trialDays === null) throw trialRefusal('trial_not_offered');
  // A trial runs from its first call, whatever the product's licenses do, and when it ends, it ends.
  const terms = { type: 'trial', durationDays: trialDays, deviceLimit: 1, graceDays: 0 } as const;
  const trial = newLicense(product, { ...terms, expiryBasis: 'creation' }, now);
  vendor.licenses.push(trial);
  return trial;
}

function refuseEndedTrial(trial: LicenseRecord, now: number): void {
  if (licenseStatus(trial, now) === 'expired') throw trialRefusal('trial_ended');
  refuseByState(trial, now);
}

const trialRefusal = (reason: 'trial_ended' | 'trial_not_offered') =>
  new Refusal('PERMISSION_DENIED', {
    message:
      reason === 'trial_ended' ? 'The trial on this device has ended.' : 'This product offers no trial.',
    details: { reason },
  });
