import { createHash, createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';

// Deliberately without a line of ../../src: the vectors are a second opinion on it. What a verifier must
// answer is written down by hand in the files beside this one; only bytes and signatures are made here.

export const DAY = 86_400;
/** 2027-01-15T08:00:00Z, the moment around which the vectors are set. */
export const NOW = 1_800_000_000;

export const LEASE_TYPE = 'thrive-lease+jwt';
export const KEYSET_TYPE = 'thrive-keyset+jwt';
export const REVOCATIONS_TYPE = 'thrive-revocations+jwt';

export interface TestKey {
  readonly kid: string;
  readonly jwk: { readonly kid: string; readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };
  readonly sign: (message: Uint8Array | string) => Buffer;
}

const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** TEST ONLY. The seed is the SHA-256 of a public text, so whoever reads this can sign with it. */
export function testKey(name: string): TestKey {
  const seed = sha256(`TEST ONLY key of the lease vectors: ${name}`);
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const kid = base64url(sha256(publicKey)).slice(0, 16);
  return {
    kid,
    jwk: { kid, kty: 'OKP', crv: 'Ed25519', x: base64url(publicKey) },
    sign: (message) => sign(null, Buffer.from(message), key),
  };
}

export const sha256 = (data: Uint8Array | string): Buffer => createHash('sha256').update(data).digest();

export const base64url = (data: Uint8Array | string): string => Buffer.from(data).toString('base64url');

/** A digest as the client makes one of a machine's part: 16 bytes of base64url. */
export const digestOf = (part: string): string => base64url(sha256(`digest of ${part}`).subarray(0, 16));

/** One part of a machine as it stands in a lease: docs/offline-leases.md, "The sealed machine". */
export const sealed = (salt: Uint8Array, name: string, digest: string): string =>
  base64url(createHmac('sha256', salt).update(`${name}:${digest}`).digest().subarray(0, 16));

/** What a token is made of, up to the last byte, so that each can be made wrong. */
export interface TokenParts {
  readonly key: TestKey;
  readonly header: string | Uint8Array;
  /** An object is written as JSON; a text or bytes stand as they are. */
  readonly payload: object | string | Uint8Array;
  /** Changes the 64 bytes of the right signature. */
  readonly signature?: (signature: Buffer, signingInput: string) => Uint8Array;
}

export const headerOf = (key: TestKey, typ: string, alg = 'Ed25519'): string =>
  JSON.stringify({ alg, kid: key.kid, typ });

export function token({ key, header, payload, signature = (bytes) => bytes }: TokenParts): string {
  const body =
    payload instanceof Uint8Array || typeof payload === 'string' ? payload : JSON.stringify(payload);
  const signingInput = `${base64url(header)}.${base64url(body)}`;
  return `${signingInput}.${base64url(signature(key.sign(signingInput), signingInput))}`;
}

/** The same bytes in another spelling: bits after the last byte that a lax decoder ignores. */
export function withLooseBits(text: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  if (text.length % 4 === 0) throw new RangeError('a text of whole groups has no loose bits');
  return text.slice(0, -1) + alphabet.charAt(alphabet.indexOf(text.slice(-1)) | 1);
}

/** S + L: the same signature for a verifier that does not reduce S (RFC 8032, section 5.1.7). */
export function withGroupOrderAdded(signature: Buffer): Uint8Array {
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const littleEndian = Buffer.from(signature.subarray(32)).reverse();
  const s = BigInt(`0x${littleEndian.toString('hex')}`) + order;
  const raised = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
  return Buffer.concat([signature.subarray(0, 32), raised]);
}
