/** True if the 64-byte Ed25519 signature over `message` is of the raw 32-byte public key. Never throws. */
export type VerifySignature = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;
export type Sha256 = (message: Uint8Array) => Uint8Array;
export type HmacSha256 = (key: Uint8Array, message: Uint8Array) => Uint8Array;

/**
 * All the cryptography that this package needs, handed in by the platform: `@thrivetech/lease/node` has it
 * for Node. Synchronous, because an application asks for its license where it cannot wait.
 */
export interface CryptoPort {
  readonly verifySignature: VerifySignature;
  readonly sha256: Sha256;
  readonly hmacSha256: HmacSha256;
}

/** The same from a platform that only answers later, such as WebCrypto. */
export interface AsyncCryptoPort {
  readonly verifySignature: (...input: Parameters<VerifySignature>) => Promise<boolean>;
  readonly hmacSha256: (...input: Parameters<HmacSha256>) => Promise<Uint8Array>;
}

/**
 * Whoever signs: `kid` names the public key in a header, `sign` gives the 64 bytes of an Ed25519 signature.
 */
export interface Signer {
  readonly kid: string;
  readonly sign: (message: Uint8Array) => Uint8Array;
}
