import { ThriveError } from '../errors.ts';

/** An answer as it came over the wire, before anything in it is believed. */
export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  readonly retryAfterMs: number | null;
}

const messageCharsMax = 300;

/**
 * The `data` of a successful answer.
 *
 * @param conceal takes secrets out of what the server says: a server that echoes a key must not get it into a log.
 * @throws {ThriveError} with the server's code; UNTRUSTED_ANSWER for what no license server says, such as the login page
 *   of a hotel.
 */
export function readAnswer(answer: RawAnswer, conceal: (text: string) => string): unknown {
  const { status, retryAfterMs } = answer;
  const body = parse(answer.text);
  const meta = isRecord(body?.['meta']) ? body['meta'] : {};
  const requestId = typeof meta['request_id'] === 'string' ? conceal(meta['request_id']) : null;
  const about = { status, requestId, retryAfterMs };

  if (status >= 200 && status < 300 && body?.['success'] === true && 'data' in body) return body['data'];
  const error = body?.['success'] === false && isRecord(body['error']) ? body['error'] : null;
  if (error && status >= 400 && typeof error['code'] === 'string') {
    return refuse(error['code'], error, conceal, about);
  }
  // Without our envelope it was something in between; of that only "not now" is worth hearing.
  if (status === 429) throw new ThriveError('RATE_LIMIT_EXCEEDED', about);
  if (status >= 500) throw new ThriveError('INTERNAL_ERROR', about);
  throw new ThriveError('UNTRUSTED_ANSWER', { ...about, details: { reason: 'not_the_api' } });
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refuse(
  code: string,
  error: Record<string, unknown>,
  conceal: (text: string) => string,
  about: { status: number; requestId: string | null; retryAfterMs: number | null },
): never {
  const { message, details } = error;
  throw new ThriveError(conceal(code), {
    ...about,
    message: typeof message === 'string' ? conceal(message).slice(0, messageCharsMax) : undefined,
    details: details === undefined ? null : JSON.parse(conceal(JSON.stringify(details))),
    ...(about.status >= 500 && { retryable: true }),
  });
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}
