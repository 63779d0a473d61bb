import { normalizeLicenseKey } from '@thrivetech/lease';
import { isRecord } from '../api/read-answer.ts';
import type { WireActivation } from '../api/wire.ts';
import { ThriveError } from '../errors.ts';
import { withLease } from './change-stored.ts';
import type { LicenseContext } from './license-context.ts';
import type { ActivationResult, TrialResult } from './results.ts';
import type { StoredLicense } from './stored-license.ts';

/**
 * Gives this machine a seat, or finds the one it has.
 *
 * @throws {ThriveError} INVALID_LICENSE_KEY without asking anybody; the server's refusals; UNTRUSTED_ANSWER.
 */
export async function activate(
  context: LicenseContext,
  typedKey: string,
  replaceDeviceId?: string | undefined,
): Promise<ActivationResult> {
  const licenseKey = typeof typedKey === 'string' ? normalizeLicenseKey(typedKey) : null;
  if (licenseKey === null) throw new ThriveError('INVALID_LICENSE_KEY');
  const call = { device: context.wireDevice, nonce: context.newNonce(), licenseKey, replaceDeviceId };
  try {
    const answer = await context.api.activate(call);
    return await adopt(context, answer, call.nonce, await context.keys.seal(licenseKey));
  } catch (error) {
    await noteLimit(context, error);
    throw error;
  }
}

/**
 * Starts the trial of this machine, or finds it running.
 *
 * @throws {ThriveError} ALREADY_LICENSED; the server's refusals; UNTRUSTED_ANSWER.
 */
export async function startTrial(context: LicenseContext): Promise<TrialResult> {
  if (context.state().isLicensed && context.stored().license_type !== 'trial') {
    throw new ThriveError('ALREADY_LICENSED');
  }
  const call = { device: context.wireDevice, nonce: context.newNonce() };
  return adopt(context, await context.api.startTrial(call), call.nonce, null);
}

async function adopt(
  context: LicenseContext,
  answer: WireActivation,
  nonce: string,
  key: StoredLicense['key'],
): Promise<ActivationResult> {
  const proven = await context.prove(answer.lease, nonce);
  if (proven.isRefusal)
    throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'LICENSE_NOT_ACTIVE' } });
  await context.store.update((stored) => withLease(stored, { ...proven, display: answer.license }, key));
  if (proven.isClockWrong) throw new ThriveError('CLOCK_WRONG');
  return { result: answer.result, state: context.state() };
}

/** The one refusal that an app shows a screen for. It takes nothing from a license that holds. */
async function noteLimit(context: LicenseContext, error: unknown): Promise<void> {
  if (!(error instanceof ThriveError) || error.code !== 'DEVICE_LIMIT_REACHED') return;
  if (context.state().isLicensed) return;
  const { limit, used } = isRecord(error.details) ? error.details : {};
  // What stands in the way of storing it stands in the way of nothing else.
  await context.noteProblem(error.code, { limit: count(limit), used: count(used) }).catch(() => {});
}

const count = (value: unknown) => (Number.isSafeInteger(value) ? Number(value) : null);
