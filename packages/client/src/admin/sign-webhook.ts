import { encodeBase64, webhookSignature } from './webhook-signature.ts';

export interface SignWebhookOptions {
  /** The delivery's id, `evt_…`. */
  readonly id: string;
  /** The endpoint's `whsec_…`. */
  readonly secret: string;
  /** Milliseconds since 1970; the machine's clock when left out. */
  readonly now?: (() => number) | undefined;
}

/**
 * The headers with which the server would send this body. For tests of your receiver.
 *
 * @throws {ThriveError} INVALID_OPTION when the secret is not `whsec_` and base64.
 */
export async function signWebhook(
  rawBody: string | Uint8Array,
  { id, secret, now = Date.now }: SignWebhookOptions,
): Promise<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>> {
  const timestamp = String(Math.floor(now() / 1000));
  const body = typeof rawBody === 'string' ? new TextEncoder().encode(rawBody) : rawBody;
  const signature = await webhookSignature(secret, { id, timestamp, body });
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${encodeBase64(signature)}`,
  };
}
