/**
 * Why a token was refused: one name for each step of the verification, in the order of the steps.
 * Leases, keysets and revocation bulletins share the names.
 */
export const LeaseError = {
  /** Not a text with exactly two dots. */
  MALFORMED_TOKEN: 'MALFORMED_TOKEN',
  TOKEN_TOO_LARGE: 'TOKEN_TOO_LARGE',
  BAD_BASE64URL: 'BAD_BASE64URL',
  /** Not byte for byte the one header this format knows. */
  BAD_HEADER: 'BAD_HEADER',
  /** Signed for another purpose: a keyset is no lease. */
  BAD_TYPE: 'BAD_TYPE',
  BAD_ALGORITHM: 'BAD_ALGORITHM',
  UNKNOWN_KEY: 'UNKNOWN_KEY',
  BAD_SIGNATURE_LENGTH: 'BAD_SIGNATURE_LENGTH',
  BAD_SIGNATURE: 'BAD_SIGNATURE',
  /** Rightly signed, but not the claims this version has: the issuer is at fault. */
  BAD_PAYLOAD: 'BAD_PAYLOAD',
  /** Made for a later version of this package. */
  BAD_VERSION: 'BAD_VERSION',
  KEY_NOT_VALID_AT_ISSUE: 'KEY_NOT_VALID_AT_ISSUE',
  /** For another product. */
  WRONG_AUDIENCE: 'WRONG_AUDIENCE',
  WRONG_ISSUER: 'WRONG_ISSUER',
  /** Not the answer to this request: a replay. */
  WRONG_NONCE: 'WRONG_NONCE',
  CLOCK_ROLLBACK: 'CLOCK_ROLLBACK',
  NOT_YET_VALID: 'NOT_YET_VALID',
  /** `exp` and the days of grace after it have passed. */
  LEASE_EXPIRED: 'LEASE_EXPIRED',
  /** Older than one this installation has already seen. */
  STALE_SEQUENCE: 'STALE_SEQUENCE',
  REVOKED: 'REVOKED',
  DEVICE_MISMATCH: 'DEVICE_MISMATCH',
  LICENSE_NOT_ACTIVE: 'LICENSE_NOT_ACTIVE',
} as const;
export type LeaseError = (typeof LeaseError)[keyof typeof LeaseError];

export interface Refusal {
  readonly ok: false;
  readonly error: LeaseError;
}

export function refuse(error: LeaseError): Refusal {
  return { ok: false, error };
}
