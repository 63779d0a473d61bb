import type { Signer, VerifySignature } from './crypto.ts';
import { isCount, isExactly, isListOf, isShape, isText } from './guards.ts';
import { isKeyValidAt, type KeysetKey, type VerifiedKeyset } from './keyset.ts';
import type { LeaseClaims } from './lease.ts';
import { LeaseError, type Refusal, refuse } from './lease-error.ts';
import {
  type DocumentClaims,
  type DocumentKind,
  isStale,
  type OpenedToken,
  openToken,
  readClaims,
  signatureOf,
  signDocument,
} from './signed-document.ts';

/** What no longer counts: leases by `jti`, licenses by `sub`, devices by `dev`. */
export interface RevocationClaims extends DocumentClaims {
  readonly leases: readonly string[];
  readonly licenses: readonly string[];
  readonly devices: readonly string[];
}

declare const verified: unique symbol;

/** A bulletin whose signature held; only {@link verifyRevocations} makes one. */
export type VerifiedRevocations = RevocationClaims & { readonly [verified]: true };

export type RevocationsVerdict = { readonly ok: true; readonly revocations: VerifiedRevocations } | Refusal;

export interface RevocationsExpectations {
  readonly keyset: VerifiedKeyset;
  /** `seq` of the last bulletin seen: an older one may lack a revocation. */
  readonly lastSequence?: number | undefined;
}

export interface VerifyRevocationsOptions extends RevocationsExpectations {
  readonly verifySignature: VerifySignature;
}

export const REVOCATIONS: DocumentKind<RevocationClaims> = {
  typ: 'thrive-revocations+jwt',
  // Some 25,000 ids.
  charsMax: 1024 * 1024,
  isClaims: isShape<RevocationClaims>({
    ver: isExactly(1),
    iss: isText,
    iat: isCount,
    seq: isCount,
    leases: isListOf(isText),
    licenses: isListOf(isText),
    devices: isListOf(isText),
  }),
};

/**
 * Signs with a key of the keyset. Throws TypeError for claims of the wrong shape, RangeError if too large.
 */
export function signRevocations(claims: RevocationClaims, signer: Signer): string {
  return signDocument(REVOCATIONS, claims, signer);
}

export function verifyRevocations(token: string, options: VerifyRevocationsOptions): RevocationsVerdict {
  const opened = openToken(token, REVOCATIONS, options.keyset.keys);
  return opened.ok
    ? judgeRevocations(opened, options.verifySignature(...signatureOf(opened)), options)
    : opened;
}

/** What follows the signature check of a bulletin. */
export function judgeRevocations(
  opened: OpenedToken<KeysetKey>,
  signatureHeld: boolean,
  expected: RevocationsExpectations,
): RevocationsVerdict {
  const read = readClaims(opened, signatureHeld, REVOCATIONS);
  if (!read.ok) return read;
  const { claims } = read;
  if (!isKeyValidAt(opened.key, claims.iat)) return refuse(LeaseError.KEY_NOT_VALID_AT_ISSUE);
  if (claims.iss !== expected.keyset.iss) return refuse(LeaseError.WRONG_ISSUER);
  if (isStale(claims.seq, expected.lastSequence)) return refuse(LeaseError.STALE_SEQUENCE);
  return { ok: true, revocations: claims as VerifiedRevocations };
}

/**
 * Whether a bulletin withdraws a lease. It cannot speak of leases issued after it: a device that was freed
 * and activated again must not be stopped by the bulletin of the time between.
 */
export function isRevoked(lease: LeaseClaims, revocations: VerifiedRevocations): boolean {
  if (lease.iat > revocations.iat) return false;
  return (
    revocations.leases.includes(lease.jti) ||
    revocations.licenses.includes(lease.sub) ||
    revocations.devices.includes(lease.dev)
  );
}
