import { ThriveError } from '../errors.ts';
import { activate } from './activate.ts';
import { withRefresh } from './change-stored.ts';
import type { LicenseContext } from './license-context.ts';
import type { ProvenLease } from './prove-lease.ts';
import { codeOfProof } from './refusal-codes.ts';
import type { ValidationResult } from './results.ts';
import type { StoredLicense } from './stored-license.ts';

/** What a refresh came to, before it is known whether it counts. */
interface Answer {
  readonly code: string;
  readonly lease: string | null;
  readonly license?: { readonly devices_used: number | null; readonly key_masked: string | null };
}

/**
 * Asks whether the license holds, and takes over the lease that proves the answer. Whatever goes wrong, the stored lease
 * stays as it is.
 *
 * @throws {ThriveError} NOT_ACTIVATED, LICENSE_KEY_REQUIRED; and when nobody could be asked or believed.
 */
export async function refresh(context: LicenseContext, signal?: AbortSignal): Promise<ValidationResult> {
  const asked = context.stored();
  if (asked.lease === null) throw new ThriveError('NOT_ACTIVATED');
  const licenseKey = asked.license_type === 'trial' ? null : await context.keys.open(asked.key);
  try {
    const nonce = context.newNonce();
    const answer = await ask(context, licenseKey, nonce, signal);
    if (answer.lease === null) {
      await context.noteProblem(answer.code);
      return { code: answer.code, isProven: false, state: context.state() };
    }
    const proven = await context.prove(answer.lease, nonce, signal);
    // Whoever sits in between could ask with our nonce about another, revoked license of this machine.
    if (asked.license_id !== null && proven.claims.sub !== asked.license_id) {
      throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'WRONG_LICENSE' } });
    }
    const lease = { ...proven, display: answer.license };
    await context.store.update((stored) => withRefresh(stored, asked, lease));
    if (proven.isClockWrong) throw new ThriveError('CLOCK_WRONG');
    if (hasLostFloatingSeat(proven) && licenseKey !== null) return await takeAnother(context, licenseKey);
    return { code: codeOfProof(proven), isProven: true, state: context.state() };
  } catch (error) {
    await noteFailure(context, error, asked);
    throw error;
  }
}

async function ask(
  context: LicenseContext,
  licenseKey: string | null,
  nonce: string,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const call = { device: context.wireDevice, nonce, signal };
  if (licenseKey === null) return askForTrial(context, call);
  const answer = await context.api.validate({ ...call, licenseKey });
  // A yes is signed. This one was stripped on its way.
  if (answer.code === 'VALID' && answer.lease === null) {
    throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'no_lease' } });
  }
  return answer;
}

/** A trial has no key: it is asked for again, and the same one is answered. */
async function askForTrial(
  context: LicenseContext,
  call: Parameters<LicenseContext['api']['startTrial']>[0],
): Promise<Answer> {
  try {
    return { code: 'VALID', ...(await context.api.startTrial(call)) };
  } catch (error) {
    // A no of this call comes as an error, and without proof.
    const isRefusal = error instanceof ThriveError && (error.status === 403 || error.status === 404);
    if (isRefusal) return { code: error.code, lease: null };
    throw error;
  }
}

/** A seat that comes and goes: it was lent to another machine while this one was silent. */
const hasLostFloatingSeat = ({ isRefusal, claims: { lic } }: ProvenLease) =>
  isRefusal && lic.type === 'floating' && lic.status === 'deactivated';

async function takeAnother(context: LicenseContext, licenseKey: string): Promise<ValidationResult> {
  try {
    return { code: 'VALID', isProven: true, state: (await activate(context, licenseKey)).state };
  } catch (error) {
    if (error instanceof ThriveError && error.code === 'DEVICE_LIMIT_REACHED') {
      return { code: 'DEVICE_NOT_ACTIVATED', isProven: true, state: context.state() };
    }
    throw error;
  }
}

async function noteFailure(context: LicenseContext, error: unknown, asked: StoredLicense): Promise<void> {
  if (!(error instanceof ThriveError) || error.code === 'ABORTED' || error.code === 'STORAGE_ERROR') return;
  if (context.stored().license_id !== asked.license_id) return;
  await context.noteProblem(error.code).catch(() => {});
}
