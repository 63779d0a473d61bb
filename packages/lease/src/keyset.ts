import type { Signer, VerifySignature } from './crypto.ts';
import { isBytes, isCount, isExactly, isListOf, isNullOr, isShape, isText } from './guards.ts';
import { TOKEN_CHARS_MAX } from './jws.ts';
import { LeaseError, type Refusal, refuse } from './lease-error.ts';
import type { PublicJwk } from './public-jwk.ts';
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

/**
 * A signing key and when it may issue, in epoch seconds: `valid_from` ≤ iat < `valid_until`. The times order
 * a rotation; they do not stop a thief, who dates his tokens back. A stolen key must leave the keyset.
 */
export interface KeysetKey extends PublicJwk {
  readonly valid_from: number;
  readonly valid_until: number | null;
}

export interface KeysetClaims extends DocumentClaims {
  readonly keys: readonly KeysetKey[];
}

declare const verified: unique symbol;

/** Signed by a root key. Only {@link verifyKeyset} makes one, so no other can be passed by mistake. */
export type VerifiedKeyset = KeysetClaims & { readonly [verified]: true };

export type KeysetVerdict = { readonly ok: true; readonly keyset: VerifiedKeyset } | Refusal;

export interface KeysetExpectations {
  /** Embedded in the application: the only keys it takes on trust. */
  readonly rootKeys: readonly PublicJwk[];
  /** `seq` of the last keyset seen. An older one is refused: it may list a key withdrawn since. */
  readonly lastSequence?: number | undefined;
}

export interface VerifyKeysetOptions extends KeysetExpectations {
  readonly verifySignature: VerifySignature;
}

const isKey = isShape<KeysetKey>({
  kid: isText,
  kty: isExactly('OKP'),
  crv: isExactly('Ed25519'),
  x: isBytes(32),
  valid_from: isCount,
  valid_until: isNullOr(isCount),
});

const isKeysetShape = isShape<KeysetClaims>({
  ver: isExactly(1),
  iss: isText,
  iat: isCount,
  seq: isCount,
  keys: isListOf(isKey),
});

export const KEYSET: DocumentKind<KeysetClaims> = {
  typ: 'thrive-keyset+jwt',
  charsMax: TOKEN_CHARS_MAX,
  // Two keys of one name would leave it to chance which of them verifies.
  isClaims: (value): value is KeysetClaims =>
    isKeysetShape(value) && new Set(value.keys.map((key) => key.kid)).size === value.keys.length,
};

/** Signs with the root key. Throws TypeError for claims of the wrong shape, RangeError if too large. */
export function signKeyset(claims: KeysetClaims, rootKey: Signer): string {
  return signDocument(KEYSET, claims, rootKey);
}

/** The signing keys that a root key vouches for. A rotation reaches offline applications this way. */
export function verifyKeyset(token: string, options: VerifyKeysetOptions): KeysetVerdict {
  const opened = openToken(token, KEYSET, options.rootKeys);
  return opened.ok ? judgeKeyset(opened, options.verifySignature(...signatureOf(opened)), options) : opened;
}

/** What follows the signature check of a keyset. */
export function judgeKeyset(
  opened: OpenedToken<PublicJwk>,
  signatureHeld: boolean,
  expected: KeysetExpectations,
): KeysetVerdict {
  const read = readClaims(opened, signatureHeld, KEYSET);
  if (!read.ok) return read;
  if (isStale(read.claims.seq, expected.lastSequence)) return refuse(LeaseError.STALE_SEQUENCE);
  return { ok: true, keyset: read.claims as VerifiedKeyset };
}

/** Whether a key of the keyset was one to issue with at `iat` (epoch seconds). */
export function isKeyValidAt(key: KeysetKey, iat: number): boolean {
  return key.valid_from <= iat && (key.valid_until === null || iat < key.valid_until);
}
