import { ThriveError } from '../errors.ts';
import type { WebhookEvent } from './generated/types.ts';
import { decodeBase64, webhookSignature } from './webhook-signature.ts';

const toleranceSeconds = 5 * 60;
/** Two are sent while a secret is rotated. The rest of a header that goes on and on is not looked at. */
const signaturesMax = 16;
// With a dot in it, one signed text could be read as another id, time and body.
const idPattern = /^[\w-]{1,256}$/;

/** Headers as `Headers` has them, or as Node's `request.headers`; in any case. */
export type WebhookHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyWebhookOptions {
  /** Milliseconds since 1970; the machine's clock when left out. */
  readonly now?: (() => number) | undefined;
}

/**
 * Tells whether a webhook comes from your server, and gives its event. The rules are those of Standard Webhooks: an
 * HMAC-SHA-256 over id, time and body, and a time no more than five minutes from now. It needs nothing but WebCrypto
 * and so runs in Node, Deno and workers.
 *
 * A delivery may arrive more than once, and within five minutes anybody who saw it can send it again: remember the
 * `id` of each event that you have dealt with.
 *
 * @param rawBody the body as it arrived, before any parser: other white space has another signature.
 * @param secret the endpoint's `whsec_…`; both, while it is being rotated.
 * @throws {ThriveError} INVALID_WEBHOOK when it is not to be believed; `details.reason` says why. Answer with a 400.
 *   INVALID_OPTION when a secret is none.
 */
export async function verifyWebhook(
  rawBody: string | Uint8Array,
  headers: WebhookHeaders,
  secret: string | readonly string[],
  { now = Date.now }: VerifyWebhookOptions = {},
): Promise<WebhookEvent> {
  const id = readHeader(headers, 'webhook-id');
  const timestamp = readHeader(headers, 'webhook-timestamp');
  const signatures = readHeader(headers, 'webhook-signature');
  if (!id || !timestamp || !signatures) throw refused('header_missing');
  if (!idPattern.test(id) || !/^\d{1,12}$/.test(timestamp)) throw refused('header_malformed');
  const ageSeconds = Math.floor(now() / 1000) - Number(timestamp);
  if (Math.abs(ageSeconds) > toleranceSeconds) throw refused(ageSeconds > 0 ? 'too_old' : 'too_new');

  const body = typeof rawBody === 'string' ? new TextEncoder().encode(rawBody) : rawBody;
  const secrets = typeof secret === 'string' ? [secret] : secret;
  if (secrets.length === 0)
    throw new ThriveError('INVALID_OPTION', { message: 'There is no webhook secret.' });
  const expected = await Promise.all(secrets.map((one) => webhookSignature(one, { id, timestamp, body })));
  const given = readSignatures(signatures);
  if (!given.some((one) => expected.some((other) => sameBytes(one, other)))) throw refused('signature');
  return readEvent(body);
}

function readHeader(headers: WebhookHeaders, name: string): string | null {
  const names = [name, `x-${name}`];
  if (typeof headers.get === 'function') {
    const get = headers.get.bind(headers);
    return names.map((one): string | null => get(one)).find((value) => value !== null) ?? null;
  }
  const entries = Object.entries(headers);
  for (const wanted of names) {
    const [, value] = entries.find(([key]) => key.toLowerCase() === wanted) ?? [];
    const text = typeof value === 'string' ? value : value?.length === 1 ? value[0] : undefined;
    if (text !== undefined) return text;
  }
  return null;
}

/** `v1,<base64> v1,<base64>`; other versions are not ours to judge. */
function readSignatures(header: string): Uint8Array[] {
  return header
    .split(' ', signaturesMax)
    .filter((signature) => signature.startsWith('v1,'))
    .flatMap((signature) => decodeBase64(signature.slice('v1,'.length)) ?? []);
}

/** Takes the same time wherever the first difference is, so that a signature cannot be found byte by byte. */
function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  let difference = 0;
  for (const [index, byte] of left.entries()) difference |= byte ^ (right[index] ?? 0);
  return difference === 0;
}

function readEvent(body: Uint8Array): WebhookEvent {
  let event: unknown;
  try {
    event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw refused('body');
  }
  const { id, type } = (event ?? {}) as { id?: unknown; type?: unknown };
  if (typeof id !== 'string' || typeof type !== 'string') throw refused('body');
  return event as WebhookEvent;
}

type Reason = 'header_missing' | 'header_malformed' | 'too_old' | 'too_new' | 'signature' | 'body';

const explanations: Record<Reason, string> = {
  header_missing: 'A header webhook-id, webhook-timestamp or webhook-signature is missing.',
  header_malformed: 'The header webhook-id or webhook-timestamp is malformed.',
  too_old: 'The webhook is more than five minutes old.',
  too_new: 'The webhook comes from more than five minutes in the future; one of the clocks is wrong.',
  signature: 'No signature fits the body and the secret.',
  body: 'The body is no event.',
};

const refused = (reason: Reason) =>
  new ThriveError('INVALID_WEBHOOK', { message: explanations[reason], details: { reason } });
