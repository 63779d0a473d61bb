import { ThriveError } from '../errors.ts';

/** What a webhook's signature stands for. */
export interface SignedParts {
  readonly id: string;
  /** Seconds since 1970, as the header has them. */
  readonly timestamp: string;
  readonly body: Uint8Array;
}

/**
 * HMAC-SHA-256 over `id.timestamp.body`, as Standard Webhooks says.
 *
 * @throws {ThriveError} INVALID_OPTION when the secret is not `whsec_` and base64.
 */
export async function webhookSignature(secret: string, parts: SignedParts): Promise<Uint8Array> {
  const start = new TextEncoder().encode(`${parts.id}.${parts.timestamp}.`);
  const signed = new Uint8Array(start.length + parts.body.length);
  signed.set(start);
  signed.set(parts.body, start.length);

  const { subtle } = globalThis.crypto;
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await subtle.importKey('raw', secretBytes(secret), algorithm, false, ['sign']);
  return new Uint8Array(await subtle.sign('HMAC', key, signed));
}

export const encodeBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));

/** The bytes of base64, or null. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function secretBytes(secret: string): Uint8Array<ArrayBuffer> {
  const bytes = secret.startsWith('whsec_') ? decodeBase64(secret.slice('whsec_'.length)) : null;
  if (!bytes || bytes.length === 0) {
    throw new ThriveError('INVALID_OPTION', { message: 'A webhook secret is "whsec_" and base64.' });
  }
  return bytes;
}
