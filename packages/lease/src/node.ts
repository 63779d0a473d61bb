import * as crypto from 'node:crypto';
import { encodeBase64Url } from './base64url.ts';
import type { CryptoPort, HmacSha256, Sha256, Signer, VerifySignature } from './crypto.ts';
import { keyId } from './public-jwk.ts';

const SEED_BYTES = 32;
const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const CACHED_KEYS_MAX = 64;

// RFC 8410: what precedes the 32 secret bytes in PKCS #8, and the 32 public ones in SubjectPublicKeyInfo.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

export interface Ed25519KeyPair {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Raw, 32 bytes: the seed of RFC 8032, for {@link importPrivateKey}. Secret. */
  readonly privateKey: Uint8Array;
}

export interface SigningKey extends Signer {
  /** Raw, 32 bytes. */
  readonly publicKey: Uint8Array;
}

export function createEd25519KeyPair(): Ed25519KeyPair {
  const privateKey = crypto.randomBytes(SEED_BYTES);
  return { privateKey: new Uint8Array(privateKey), publicKey: importPrivateKey(privateKey).publicKey };
}

/** Parses the key once: `sign` then costs the signature and no more. Throws RangeError for a wrong length. */
export function importPrivateKey(seed: Uint8Array): SigningKey {
  if (seed.length !== SEED_BYTES) throw new RangeError('an Ed25519 private key has 32 bytes');
  const key = crypto.createPrivateKey({
    key: Buffer.concat([PKCS8_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const spki = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(spki.subarray(SPKI_PREFIX.length));
  return { kid: keyId(publicKey, sha256), publicKey, sign: (message) => crypto.sign(null, message, key) };
}

const publicKeys = new Map<string, crypto.KeyObject>();

export const verifySignature: VerifySignature = (publicKey, message, signature) => {
  if (publicKey.length !== PUBLIC_KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false;
  return crypto.verify(null, message, importPublicKey(publicKey), signature);
};

export const sha256: Sha256 = (message) => crypto.createHash('sha256').update(message).digest();

let hmacKey = { bytes: new Uint8Array(), object: crypto.createSecretKey(new Uint8Array()) };

export const hmacSha256: HmacSha256 = (key, message) => {
  // Importing a key costs five times the HMAC, and a lease takes six of them under one salt.
  if (!sameBytes(hmacKey.bytes, key)) {
    hmacKey = { bytes: new Uint8Array(key), object: crypto.createSecretKey(key) };
  }
  return crypto.createHmac('sha256', hmacKey.object).update(message).digest();
};

/** Everything {@link CryptoPort} asks for, synchronous, from node:crypto. */
export const nodeCrypto: CryptoPort = { verifySignature, sha256, hmacSha256 };

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && crypto.timingSafeEqual(left, right);
}

function importPublicKey(publicKey: Uint8Array): crypto.KeyObject {
  const name = encodeBase64Url(publicKey);
  const cached = publicKeys.get(name);
  if (cached) return cached;
  const key = crypto.createPublicKey({
    key: Buffer.concat([SPKI_PREFIX, publicKey]),
    format: 'der',
    type: 'spki',
  });
  // A verifier knows a handful of keys. The bound is for a caller who verifies with keys of strangers.
  if (publicKeys.size >= CACHED_KEYS_MAX) publicKeys.clear();
  publicKeys.set(name, key);
  return key;
}
