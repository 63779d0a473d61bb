import type { AsyncCryptoPort } from '@thrivetech/lease';

/**
 * The cryptography of a browser, and of Node as well. Ed25519 is there since Chrome 137, Firefox 129 and Safari 17, and
 * only on pages that came over https or from this machine.
 */
export const webCrypto: AsyncCryptoPort = {
  async verifySignature(publicKey, message, signature) {
    const { subtle } = globalThis.crypto;
    const key = await subtle.importKey('raw', copy(publicKey), 'Ed25519', false, ['verify']);
    return subtle.verify('Ed25519', key, copy(signature), copy(message));
  },
  async hmacSha256(key, message) {
    const { subtle } = globalThis.crypto;
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const imported = await subtle.importKey('raw', copy(key), algorithm, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', imported, copy(message)));
  },
};

export const webRandom = (count: number): Uint8Array =>
  globalThis.crypto.getRandomValues(new Uint8Array(count));

/** WebCrypto takes no bytes that could be shared with another thread. */
const copy = (bytes: Uint8Array) => new Uint8Array(bytes);
