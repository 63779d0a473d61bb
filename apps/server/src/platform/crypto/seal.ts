import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';

const nonceLength = 12;
const tagLength = 16;

/** Encrypts and authenticates short texts at rest (AES-256-GCM). */
export interface Seal {
  /** @param purpose binds the text to its place, so that a sealed value cannot be moved to another row. */
  seal(text: string, purpose: string): string;
  /** @throws when key, purpose or text do not belong together. */
  open(sealed: string, purpose: string): string;
}

/** A random 96-bit nonce per text is safe for about 2^32 texts under one key (NIST SP 800-38D, 8.3). */
export function createSeal(keyBytes: Uint8Array): Seal {
  // Imported once: that costs more than sealing a short text.
  const key = createSecretKey(keyBytes);
  return {
    seal(text, purpose) {
      const nonce = randomBytes(nonceLength);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url');
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceLength), {
        authTagLength: tagLength,
      })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(nonceLength, nonceLength + tagLength));
      const body = bytes.subarray(nonceLength + tagLength);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}
