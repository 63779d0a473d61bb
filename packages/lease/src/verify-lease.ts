import type { CryptoPort } from './crypto.ts';
import { type DeviceComponent, matchDevice } from './device-match.ts';
import { isKeyValidAt, type KeysetKey, type VerifiedKeyset } from './keyset.ts';
import { LEASE, type LeaseClaims } from './lease.ts';
import { LeaseError, type Refusal, refuse } from './lease-error.ts';
import { isRevoked, type VerifiedRevocations } from './revocations.ts';
import { type DeviceDigests, sealDevice } from './sealed-device.ts';
import { isStale, type OpenedToken, openToken, readClaims, signatureOf } from './signed-document.ts';

export interface LeaseExpectations {
  readonly keyset: VerifiedKeyset;
  /** Product id. The issuer must be the keyset's, whom the root key vouches for. */
  readonly audience: string;
  /** Epoch seconds. */
  readonly now: number;
  /** This machine. Null, said on purpose, where there is none to compare: in a tool that inspects leases. */
  readonly device: DeviceDigests | null;
  /** Of the request that this lease answers. Left out for a stored lease. */
  readonly nonce?: string | undefined;
  /**
   * The latest time this installation knows of, in epoch seconds: `highWater` of the last verdict. Not
   * covered: a clock set back by no more than `pol.rollback`, however often.
   */
  readonly highWater?: number | undefined;
  /** `seq` of the latest lease seen of this device. */
  readonly lastSequence?: number | undefined;
  readonly revocations?: VerifiedRevocations | undefined;
}

export interface VerifyLeaseOptions
  extends LeaseExpectations,
    Pick<CryptoPort, 'verifySignature' | 'hmacSha256'> {}

export interface AcceptedLease {
  readonly ok: true;
  readonly claims: LeaseClaims;
  /** `grace`: the lease has ended, or the license has, and the application may go on until `graceUntil`. */
  readonly state: 'active' | 'grace';
  /** Epoch seconds; the last second of use without a new lease. */
  readonly graceUntil: number;
  readonly refreshDue: boolean;
  /** Components to enrol anew. */
  readonly changed: readonly DeviceComponent[];
  readonly highWater: number;
}

export interface RefusedLease extends Refusal {
  /** From WRONG_AUDIENCE on: for a message such as "ended on …", never to grant anything. */
  readonly claims?: LeaseClaims;
  /** From WRONG_AUDIENCE on. To be kept as well: an expired lease must not come back with the clock. */
  readonly highWater?: number;
}

export type LeaseVerdict = AcceptedLease | RefusedLease;

/**
 * Whether a lease allows use on this machine now. Reads no clock, keeps nothing. The first failing step gives
 * the error; the order is that of {@link LeaseError} and part of the contract with applications. No token
 * makes it throw; a time that is no number does (TypeError).
 */
export function verifyLease(token: string, options: VerifyLeaseOptions): LeaseVerdict {
  const opened = openToken(token, LEASE, options.keyset.keys);
  if (!opened.ok) return opened;
  const read = readLease(opened, options.verifySignature(...signatureOf(opened)));
  if (!read.ok) return read;
  const { claims } = read;
  const device =
    options.device === null ? null : sealDevice(options.device, claims.fp.salt, options.hmacSha256);
  return judgeLease(claims, device, options);
}

/** The claims, once the signature was verified. */
export function readLease(
  opened: OpenedToken<KeysetKey>,
  signatureHeld: boolean,
): { readonly ok: true; readonly claims: LeaseClaims } | RefusedLease {
  const read = readClaims(opened, signatureHeld, LEASE);
  // The key is looked up before the signature but its dates are judged only here: `iat` is in the payload.
  if (read.ok && !isKeyValidAt(opened.key, read.claims.iat)) return refuse(LeaseError.KEY_NOT_VALID_AT_ISSUE);
  return read;
}

/** Every rule about what the claims say. `device`: this machine, sealed with the lease's salt. */
export function judgeLease(
  claims: LeaseClaims,
  device: DeviceDigests | null,
  expected: LeaseExpectations,
): LeaseVerdict {
  const { now, highWater: lastMark = 0 } = expected;
  // NaN, as from a damaged state file, makes every comparison false: it would pass the clock rules.
  if (!Number.isFinite(now + lastMark)) throw new TypeError('`now` and `highWater` must be finite numbers');
  const { pol, lic, fp } = claims;
  const graceUntil = claims.exp + pol.grace;
  // Our nonce: issued just now, so its time outranks the mark. A clock once set ahead heals here.
  const isFresh = expected.nonce !== undefined && claims.nonce === expected.nonce;
  const mark = isFresh ? claims.iat : Math.max(claims.iat, lastMark);
  const highWater = Math.max(mark, now);
  const match = device && matchDevice(fp.components, device.components, fp.threshold);
  const refused = (error: LeaseError): RefusedLease => ({ ok: false, error, claims, highWater });

  if (claims.aud !== expected.audience) return refused(LeaseError.WRONG_AUDIENCE);
  if (claims.iss !== expected.keyset.iss) return refused(LeaseError.WRONG_ISSUER);
  if (expected.nonce !== undefined && !isFresh) return refused(LeaseError.WRONG_NONCE);
  if (now + pol.rollback < mark) return refused(LeaseError.CLOCK_ROLLBACK);
  if (now + pol.skew < claims.nbf) return refused(LeaseError.NOT_YET_VALID);
  if (now > graceUntil) return refused(LeaseError.LEASE_EXPIRED);
  if (isStale(claims.seq, expected.lastSequence)) return refused(LeaseError.STALE_SEQUENCE);
  if (expected.revocations && isRevoked(claims, expected.revocations)) return refused(LeaseError.REVOKED);
  // An equal fingerprint is enough: an application may bring its own and enrol no component.
  if (match && !match.matches && device.fingerprint !== fp.fingerprint)
    return refused(LeaseError.DEVICE_MISMATCH);
  if (lic.status !== 'active') return refused(LeaseError.LICENSE_NOT_ACTIVE);

  const inGrace = now > claims.exp || (lic.exp !== null && now > lic.exp);
  return {
    ok: true,
    claims,
    state: inGrace ? 'grace' : 'active',
    graceUntil,
    refreshDue: now >= claims.iat + pol.refresh,
    changed: match?.changed ?? [],
    highWater,
  };
}
