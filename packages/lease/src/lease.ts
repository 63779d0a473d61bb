import type { Signer } from './crypto.ts';
import { isBytes, isCount, isExactly, isMapOf, isNullOr, isOptional, isShape, isText } from './guards.ts';
import { TOKEN_CHARS_MAX } from './jws.ts';
import type { FingerprintClaim } from './sealed-device.ts';
import { type DocumentClaims, type DocumentKind, signDocument } from './signed-document.ts';

export type Feature = boolean | number | string;

/** What an application may rely on while offline. All times in epoch seconds, all durations in seconds. */
export interface LeaseClaims extends DocumentClaims {
  /** Product id. */
  readonly aud: string;
  /** License id. */
  readonly sub: string;
  /** Lease id. */
  readonly jti: string;
  /** Device id. `seq` rises with every lease of a device. */
  readonly dev: string;
  readonly nbf: number;
  readonly exp: number;
  /** Echo of the request's nonce: proof that this answer was made for it. */
  readonly nonce?: string | undefined;
  readonly lic: LicenseClaim;
  /** Features of the license. */
  readonly ent: Readonly<Record<string, Feature>>;
  readonly fp: FingerprintClaim;
  readonly pol: PolicyClaim;
}

export interface LicenseClaim {
  readonly type: string;
  /** Only `active` grants use; the word covers the days of grace after `exp`. */
  readonly status: string;
  /** The license's own end, without its grace; null: never. */
  readonly exp: number | null;
  /** Seats. */
  readonly limit: number;
}

export interface PolicyClaim {
  /** After `iat`: when to ask for the next lease. */
  readonly refresh: number;
  /** After `exp`: how long the application goes on, with a warning. */
  readonly grace: number;
  /** How far a clock may lag behind `nbf`. */
  readonly skew: number;
  /** How far a clock may fall behind the latest time known. */
  readonly rollback: number;
}

const isFeature = (value: unknown): value is Feature =>
  typeof value === 'boolean' || typeof value === 'string' || Number.isFinite(value);

const isPercent = (value: unknown): value is number => isCount(value) && value < 100;

// An unknown type or status does not make a lease malformed: a later server may have more of them.
export const LEASE: DocumentKind<LeaseClaims> = {
  typ: 'thrive-lease+jwt',
  charsMax: TOKEN_CHARS_MAX,
  isClaims: isShape<LeaseClaims>({
    ver: isExactly(1),
    iss: isText,
    aud: isText,
    sub: isText,
    jti: isText,
    dev: isText,
    seq: isCount,
    iat: isCount,
    nbf: isCount,
    exp: isCount,
    nonce: isOptional(isText),
    lic: isShape<LicenseClaim>({ type: isText, status: isText, exp: isNullOr(isCount), limit: isCount }),
    ent: isMapOf(isFeature),
    fp: isShape<FingerprintClaim>({
      salt: isBytes(16),
      fingerprint: isText,
      components: isMapOf(isText),
      threshold: isPercent,
    }),
    pol: isShape<PolicyClaim>({ refresh: isCount, grace: isCount, skew: isCount, rollback: isCount }),
  }),
};

/** Throws TypeError for claims of the wrong shape, RangeError if the token would exceed 16 KiB. */
export function signLease(claims: LeaseClaims, signer: Signer): string {
  return signDocument(LEASE, claims, signer);
}
