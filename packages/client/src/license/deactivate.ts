import { ThriveError } from '../errors.ts';
import { withoutLease } from './change-stored.ts';
import type { LicenseContext } from './license-context.ts';
import type { DeactivationResult } from './results.ts';

/**
 * Frees the seat of this machine, whatever the state of the license, and forgets lease and key. A trial has no seat that
 * somebody else could take; it is forgotten here, and can be asked for again.
 *
 * @throws {ThriveError} NOT_ACTIVATED, LICENSE_KEY_REQUIRED; and when nobody could be asked: the seat is not free then.
 */
export async function deactivate(context: LicenseContext): Promise<DeactivationResult> {
  const asked = context.stored();
  if (asked.lease === null) throw new ThriveError('NOT_ACTIVATED');
  const result = asked.license_type === 'trial' ? 'deactivated' : await freeSeat(context, asked.key);
  await context.store.update((stored) =>
    stored.license_id === asked.license_id ? withoutLease(stored) : stored,
  );
  return { result, state: context.state() };
}

async function freeSeat(
  context: LicenseContext,
  key: Parameters<LicenseContext['keys']['open']>[0],
): Promise<string> {
  const licenseKey = await context.keys.open(key);
  const nonce = context.newNonce();
  // By this machine and not by its id: a state that was copied here names another machine.
  const answer = await context.api.deactivate({ device: context.wireDevice, nonce, licenseKey });
  if (answer.nonce !== nonce)
    throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'WRONG_NONCE' } });
  return answer.result;
}
