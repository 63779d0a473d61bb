import { createHmac, randomBytes } from 'node:crypto';
import { secondMs } from '../../platform/clock.ts';

const secretPrefix = 'whsec_';
const secretBytes = 32;

/** A new secret as its receiver keeps it: `whsec_` and base64 of the bytes that sign. */
export const newWebhookSecret = (): string => `${secretPrefix}${randomBytes(secretBytes).toString('base64')}`;

/**
 * The headers that prove a delivery (Standard Webhooks): HMAC-SHA-256 over id, time and the very bytes of the body.
 *
 * @param secrets the present one first; during a rotation also the one before, so that a receiver verifies with either.
 * @param sent_at the time of this attempt, epoch milliseconds: an old request cannot be sent again later.
 */
export function signedHeaders(
  secrets: readonly string[],
  {
    id,
    type,
    body,
    attempt,
    sent_at,
  }: { id: string; type: string; body: string; attempt: number; sent_at: number },
): Record<string, string> {
  const timestamp = String(Math.floor(sent_at / secondMs));
  const signature = secrets
    .map((secret) => {
      const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
      return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
    })
    .join(' ');
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signature,
    'x-webhook-signature': signature,
    'x-webhook-id': id,
    'x-webhook-timestamp': timestamp,
    'x-webhook-event': type,
    'x-webhook-attempt': String(attempt),
  };
}
