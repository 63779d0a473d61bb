import { decodeBase64Url, encodeBase64Url } from './base64url.ts';
import type { Signer } from './crypto.ts';
import { isRecord, isText } from './guards.ts';
import { LeaseError, type Refusal, refuse } from './lease-error.ts';

const ALGORITHM = 'Ed25519';
const SIGNATURE_BYTES = 64;

/** The most characters of a lease or a keyset; an issuer must not sign more either. */
export const TOKEN_CHARS_MAX = 16 * 1024;

const utf8 = new TextEncoder();
// A byte order mark must not vanish: the header is compared with the text that was signed.
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface TokenFormat {
  readonly typ: string;
  readonly charsMax: number;
}

/** A token whose form is right. Nothing in it may be believed before its signature was verified. */
export interface UnverifiedToken {
  readonly ok: true;
  readonly kid: string;
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
  readonly payload: Uint8Array;
}

/** A compact JWS (RFC 7515), header `{"alg":"Ed25519","kid":…,"typ":…}`. Throws RangeError if too large. */
export function signToken(format: TokenFormat, payload: object, signer: Signer): string {
  const signingInput = `${encodeJson(headerOf(signer.kid, format.typ))}.${encodeJson(payload)}`;
  const token = `${signingInput}.${encodeBase64Url(signer.sign(utf8.encode(signingInput)))}`;
  if (token.length > format.charsMax) {
    throw new RangeError(
      `${format.typ} of ${token.length} characters; at most ${format.charsMax} are allowed`,
    );
  }
  return token;
}

/** Everything about a token that can be judged without a key and without its payload, in this order. */
export function parseToken(token: string, format: TokenFormat): UnverifiedToken | Refusal {
  if (typeof token !== 'string') return refuse(LeaseError.MALFORMED_TOKEN);
  const firstDot = token.indexOf('.');
  const lastDot = token.indexOf('.', firstDot + 1);
  if (firstDot < 0 || lastDot < 0 || token.includes('.', lastDot + 1)) {
    return refuse(LeaseError.MALFORMED_TOKEN);
  }
  if (token.length > format.charsMax) return refuse(LeaseError.TOKEN_TOO_LARGE);

  const headerBytes = decodeBase64Url(token.slice(0, firstDot));
  const payload = decodeBase64Url(token.slice(firstDot + 1, lastDot));
  const signature = decodeBase64Url(token.slice(lastDot + 1));
  if (headerBytes === null || payload === null || signature === null) return refuse(LeaseError.BAD_BASE64URL);

  const header = parseHeader(headerBytes);
  if (header === null) return refuse(LeaseError.BAD_HEADER);
  if (header.typ !== format.typ) return refuse(LeaseError.BAD_TYPE);
  // `none`, HS256 with the public key as secret, and the ambiguous `EdDSA` end here.
  if (header.alg !== ALGORITHM) return refuse(LeaseError.BAD_ALGORITHM);

  const signingInput = utf8.encode(token.slice(0, lastDot));
  return { ok: true, kid: header.kid, signingInput, signature, payload };
}

/** Some platforms ignore bytes after the 64th (JDK 17 does), which gives a token more than one spelling. */
export function hasSignatureLength(token: UnverifiedToken): boolean {
  return token.signature.length === SIGNATURE_BYTES;
}

/** The JSON value of UTF-8 bytes, or undefined. */
export function decodeJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(strictUtf8.decode(bytes));
  } catch {
    return undefined;
  }
}

interface Header {
  readonly alg: string;
  readonly kid: string;
  readonly typ: string;
}

function headerOf(kid: string, typ: string, alg: string = ALGORITHM): Header {
  return { alg, kid, typ };
}

function parseHeader(bytes: Uint8Array): Header | null {
  const value = decodeJson(bytes);
  if (!isRecord(value)) return null;
  const { alg, kid, typ } = value;
  if (!isText(alg) || !isText(kid) || !isText(typ)) return null;
  const header = headerOf(kid, typ, alg);
  // One comparison refuses added, repeated, reordered and escaped members: JSON.parse hides a repeated one.
  return encodeJson(header) === encodeBase64Url(bytes) ? header : null;
}

function encodeJson(value: object): string {
  return encodeBase64Url(utf8.encode(JSON.stringify(value)));
}
