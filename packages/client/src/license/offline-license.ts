import { withLease, withRequest } from './change-stored.ts';
import type { LicenseContext } from './license-context.ts';
import { licenseRequestFile, readLicenseFile } from './license-file.ts';
import type { ImportResult } from './results.ts';

/** The text of a `.lreq` file. The nonce in it is remembered first: an answer to it would not be recognized else. */
export async function exportRequest(context: LicenseContext): Promise<string> {
  const nonce = context.newNonce();
  const now = context.now();
  await context.store.update((stored) => withRequest(stored, nonce, now));
  const { lease, license_id } = context.stored();
  return licenseRequestFile({
    productId: context.trust.productId,
    device: context.wireDevice,
    nonce,
    licenseId: lease === null ? null : license_id,
    now: now * 1000,
  });
}

/** @throws {ThriveError} INVALID_LICENSE_FILE, with the step that failed in `details.reason`. */
export async function importLicense(context: LicenseContext, text: string): Promise<ImportResult> {
  const machine = { device: context.device, now: context.now() };
  const lease = readLicenseFile(text, context.stored(), machine, context.trust);
  await context.store.update((stored) => {
    // The key of another license is of no use for this one.
    const key = stored.license_id === lease.claims.sub ? undefined : null;
    return withLease(stored, lease, key);
  });
  return { state: context.state() };
}
