import {
  encodeBase64Url,
  type HmacSha256,
  type PublicJwk,
  type Signer,
  toPublicJwk,
} from '@thrivetech/lease';

/** A key as WebCrypto holds it. Node's types know no global name for it. */
type WebCryptoKey = Parameters<typeof crypto.subtle.sign>[1];

/** A private key that never leaves the platform's cryptography, and the public half as on the wire. */
export interface KeyPair {
  readonly jwk: PublicJwk;
  readonly privateKey: WebCryptoKey;
}

const utf8 = new TextEncoder();
const signatureBytes = 64;
const macBytes = 32;

/** A new Ed25519 key pair. @throws where WebCrypto has no Ed25519. */
export async function createKeyPair(): Promise<KeyPair> {
  const { subtle } = crypto;
  const pair = await subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new TypeError('Ed25519 keys come in pairs');
  const publicKey = new Uint8Array(await subtle.exportKey('raw', pair.publicKey));
  const digest = new Uint8Array(await subtle.digest('SHA-256', publicKey));
  return { jwk: toPublicJwk(publicKey, () => digest), privateKey: pair.privateKey };
}

/**
 * Signs with WebCrypto what is made for a signer that answers at once: the token is made with an empty signature, and
 * that is exchanged for the real one.
 *
 * @param kid named in the header; another than the key's own makes a forgery.
 */
export async function signToken(
  make: (signer: Signer) => string,
  { jwk, privateKey }: KeyPair,
  kid: string = jwk.kid,
): Promise<string> {
  const unsigned = make({ kid, sign: () => new Uint8Array(signatureBytes) });
  const signingInput = unsigned.slice(0, unsigned.lastIndexOf('.'));
  const signature = await crypto.subtle.sign('Ed25519', privateKey, utf8.encode(signingInput));
  return `${signingInput}.${encodeBase64Url(new Uint8Array(signature))}`;
}

/**
 * Runs a pure function that needs HMACs at once, twice: the first run tells which ones, the second gets them.
 */
export async function withHmac<Result>(make: (hmacSha256: HmacSha256) => Result): Promise<Result> {
  const asked: { key: Uint8Array<ArrayBuffer>; message: Uint8Array<ArrayBuffer> }[] = [];
  make((key, message) => {
    asked.push({ key: new Uint8Array(key), message: new Uint8Array(message) });
    return new Uint8Array(macBytes);
  });
  const macs = await Promise.all(asked.map(hmac));
  return make(() => macs.shift() ?? new Uint8Array(macBytes));
}

async function hmac(asked: {
  key: Uint8Array<ArrayBuffer>;
  message: Uint8Array<ArrayBuffer>;
}): Promise<Uint8Array> {
  const { subtle } = crypto;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await subtle.importKey('raw', asked.key, algorithm, false, ['sign']);
  return new Uint8Array(await subtle.sign('HMAC', key, asked.message));
}

export const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));
