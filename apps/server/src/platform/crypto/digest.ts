import { createHmac, hash, type KeyObject, timingSafeEqual } from 'node:crypto';

/** SHA-256 in hex. For secrets with enough randomness of their own (API keys), and for comparing requests. */
export const sha256Hex = (text: string): string => hash('sha256', text, 'hex');

/** HMAC-SHA-256 in hex: a look-up value that tells nothing to whoever holds the database without the key. */
export const hmacHex = (key: Uint8Array | KeyObject, text: string): string =>
  createHmac('sha256', key).update(text).digest('hex');

/** A short signature over `text`, base64url. */
export const shortSignature = (key: Uint8Array, text: string): string =>
  createHmac('sha256', key).update(text).digest().subarray(0, 16).toString('base64url');

/** Compares in constant time. */
export function sameText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
