import {
  type CryptoPort,
  type DeviceDigests,
  type LeaseVerdict,
  type PublicJwk,
  type VerifiedKeyset,
  type VerifiedRevocations,
  verifyKeyset,
  verifyLease,
  verifyRevocations,
} from '@thrivetech/lease';
import type { StoredLicense } from './stored-license.ts';

/** What an app was built with: whom it believes, and which product it is. */
export interface Trust {
  readonly productId: string;
  readonly rootKeys: readonly PublicJwk[];
}

/** The stored documents, each verified. */
export interface VerifiedLicense {
  readonly lease: LeaseVerdict;
  readonly revocations: VerifiedRevocations | undefined;
}

/**
 * Verifies what is stored, from the embedded root keys down. Null without a lease.
 *
 * @param now epoch seconds.
 */
export function verifyStored(
  stored: StoredLicense,
  device: DeviceDigests,
  now: number,
  trust: Trust & { readonly crypto: CryptoPort },
): VerifiedLicense | null {
  if (stored.lease === null) return null;
  const { crypto, productId, rootKeys } = trust;
  const { last_sequences: lastSequences } = stored;
  const keyset = verifyKeyset(stored.keyset ?? '', {
    rootKeys,
    lastSequence: lastSequences.keyset,
    verifySignature: crypto.verifySignature,
  });
  if (!keyset.ok) return { lease: keyset, revocations: undefined };
  const revocations = verifiedRevocations(stored, keyset.keyset, crypto);
  const lease = verifyLease(stored.lease, {
    ...crypto,
    keyset: keyset.keyset,
    audience: productId,
    now,
    device,
    highWater: stored.high_water,
    lastSequence: lastSequences.lease,
    revocations,
  });
  return { lease, revocations };
}

/**
 * Whether the signed lease is one of this machine, whatever has become of it since.
 *
 * @returns false also where that cannot be told.
 */
export function isMachineOf(
  stored: StoredLicense,
  device: DeviceDigests,
  trust: Trust & { readonly crypto: CryptoPort },
): boolean {
  const then = { ...stored, high_water: 0, revocations: null };
  const first = verifyStored(then, device, 0, trust)?.lease;
  if (!first?.claims) return false;
  // At the moment it was made, no other step than that of the device refuses a genuine one.
  const lease = verifyStored(then, device, first.claims.iat, trust)?.lease;
  return lease?.ok === true || lease?.error === 'LICENSE_NOT_ACTIVE';
}

// One that does not verify is left out: whoever can damage it could as well have removed it.
function verifiedRevocations(
  stored: StoredLicense,
  keyset: VerifiedKeyset,
  { verifySignature }: CryptoPort,
): VerifiedRevocations | undefined {
  if (stored.revocations === null) return undefined;
  const verdict = verifyRevocations(stored.revocations, { keyset, verifySignature });
  return verdict.ok ? verdict.revocations : undefined;
}
