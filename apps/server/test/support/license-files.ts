import { type Device, issueLicenseFile, type License, type LicenseFile } from '@thrivetech/contracts';
import {
  type LeaseVerdict,
  type PublicJwk,
  verifyKeyset,
  verifyLease,
  verifyRevocations,
} from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import { claimsOf, parts } from './app.ts';
import { licenseRequest, machine, unique, type Vendor } from './builders.ts';
import type { Door } from './doors.ts';

interface IssuedFile {
  readonly result: string;
  readonly device: Device;
  readonly license: License;
  readonly file: LicenseFile;
}

/** A machine with all its parts. */
export const wholeMachine = () => ({ ...machine(), components: parts(unique('serial')) });

/** License files as the vendor's staff gets them. */
export function filesOf(door: Door, vendor: () => Vendor) {
  const issue = (input: Record<string, unknown>, key = vendor().admin, headers = {}) =>
    door.call<IssuedFile>(issueLicenseFile, input, { key, headers });
  return {
    issue,
    issueFor: (license: License, device: object, more: Record<string, unknown> = {}) =>
      issue({ licenseId: license.id, request: licenseRequest(license.product_id, { device }), ...more }),
  };
}

export const leaseOf = (file: LicenseFile) => claimsOf({ token: file.lease });
export const bulletinOf = (file: LicenseFile) => claimsOf({ token: file.revocations });

/**
 * What the app on that machine makes of a file: it has the root key, its own request, and no network.
 *
 * @param now epoch milliseconds.
 */
export function importFile(
  file: LicenseFile,
  {
    request,
    rootKeys,
    now,
  }: { request: ReturnType<typeof licenseRequest>; rootKeys: PublicJwk[]; now: number },
): LeaseVerdict {
  const keyset = verifyKeyset(file.keyset, { ...nodeCrypto, rootKeys });
  if (!keyset.ok) throw new Error(keyset.error);
  const bulletin = verifyRevocations(file.revocations, { ...nodeCrypto, keyset: keyset.keyset });
  if (!bulletin.ok) throw new Error(bulletin.error);
  const { fingerprint, components = {} } = request.device as { fingerprint: string; components?: object };
  return verifyLease(file.lease, {
    ...nodeCrypto,
    keyset: keyset.keyset,
    revocations: bulletin.revocations,
    audience: request.product_id,
    nonce: request.nonce,
    now: now / 1000,
    device: { fingerprint, components },
  });
}
