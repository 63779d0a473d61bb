import { decodeBase64Url } from './base64url.ts';
import type { Signer, VerifySignature } from './crypto.ts';
import { type Guard, isCount, isRecord } from './guards.ts';
import {
  decodeJson,
  hasSignatureLength,
  parseToken,
  signToken,
  type TokenFormat,
  type UnverifiedToken,
} from './jws.ts';
import { LeaseError, type Refusal, refuse } from './lease-error.ts';
import type { PublicJwk } from './public-jwk.ts';

/**
 * What leases, keysets and bulletins have in common. `iat` in epoch seconds; `seq` rises with every new one.
 */
export interface DocumentClaims {
  readonly ver: 1;
  readonly iss: string;
  readonly iat: number;
  readonly seq: number;
}

export interface DocumentKind<Claims extends DocumentClaims> extends TokenFormat {
  readonly isClaims: Guard<Claims>;
}

/** A token of the right form whose key is known, up to the moment its signature must be verified. */
export interface OpenedToken<Key extends PublicJwk> extends UnverifiedToken {
  readonly key: Key;
  readonly publicKey: Uint8Array;
}

/**
 * Throws TypeError for claims that no verifier would accept: better here than on every customer's machine.
 */
export function signDocument<Claims extends DocumentClaims>(
  kind: DocumentKind<Claims>,
  claims: Claims,
  signer: Signer,
): string {
  if (!kind.isClaims(claims)) throw new TypeError(`the claims are no valid ${kind.typ}`);
  return signToken(kind, claims, signer);
}

/** First half of every verification: all that comes before the signature. */
export function openToken<Key extends PublicJwk>(
  token: string,
  format: TokenFormat,
  keys: readonly Key[],
): OpenedToken<Key> | Refusal {
  const parsed = parseToken(token, format);
  if (!parsed.ok) return parsed;
  const key = keys.find((candidate) => candidate.kid === parsed.kid);
  const publicKey = key === undefined ? null : decodeBase64Url(key.x);
  if (key === undefined || publicKey === null) return refuse(LeaseError.UNKNOWN_KEY);
  if (!hasSignatureLength(parsed)) return refuse(LeaseError.BAD_SIGNATURE_LENGTH);
  return { ...parsed, key, publicKey };
}

/** The arguments for {@link VerifySignature}. */
export function signatureOf(opened: OpenedToken<PublicJwk>): Parameters<VerifySignature> {
  return [opened.publicKey, opened.signingInput, opened.signature];
}

/** Whether something newer was seen. Put so that NaN, as from a damaged state file, is stale. */
export function isStale(seq: number, lastSequence = 0): boolean {
  return !(seq >= lastSequence);
}

/**
 * Second half: the claims, parsed only if the signature held, so that nobody but the issuer feeds the parser.
 */
export function readClaims<Claims extends DocumentClaims>(
  opened: OpenedToken<PublicJwk>,
  signatureHeld: boolean,
  kind: DocumentKind<Claims>,
): { readonly ok: true; readonly claims: Claims } | Refusal {
  if (!signatureHeld) return refuse(LeaseError.BAD_SIGNATURE);
  const claims = decodeJson(opened.payload);
  if (!isRecord(claims) || !isCount(claims['ver'])) return refuse(LeaseError.BAD_PAYLOAD);
  // Before the other claims: another version may have others, and "update the app" is the better message.
  if (claims['ver'] !== 1) return refuse(LeaseError.BAD_VERSION);
  if (!kind.isClaims(claims)) return refuse(LeaseError.BAD_PAYLOAD);
  return { ok: true, claims };
}
