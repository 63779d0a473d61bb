import { encodeBase64Url } from './base64url.ts';
import type { Sha256 } from './crypto.ts';

/** An Ed25519 public key as on the wire (RFC 8037); `x` is the raw 32 bytes in base64url. */
export interface PublicJwk {
  readonly kid: string;
  readonly kty: 'OKP';
  readonly crv: 'Ed25519';
  readonly x: string;
}

/** The wire form of a raw 32-byte public key. */
export function toPublicJwk(publicKey: Uint8Array, sha256: Sha256): PublicJwk {
  return { kid: keyId(publicKey, sha256), kty: 'OKP', crv: 'Ed25519', x: encodeBase64Url(publicKey) };
}

/**
 * A key's name: 96 bits of its SHA-256. Follows from the key alone, so no two places can disagree about it.
 */
export function keyId(publicKey: Uint8Array, sha256: Sha256): string {
  return encodeBase64Url(sha256(publicKey)).slice(0, 16);
}
