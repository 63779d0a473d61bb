import type { Clock } from '../api/clock.ts';
import { ThriveError } from '../errors.ts';
import type { Answer } from './answer.ts';
import type { CallOptions } from './caller.ts';
import { createDeadline, sendAgain } from './deadline.ts';
import type { OutgoingRequest } from './request.ts';

export interface Connection {
  /** Of the API: with `/api/v1`, without a slash at the end. */
  readonly url: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  readonly clock: Required<Clock>;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  /** Of each try. */
  readonly timeoutMs: number;
  readonly triesMax: number;
}

const backoffMs = { base: 500, max: 8_000 };
/** A plan's minute. Whoever must wait for the hour should know of it and not just hang. */
const retryAfterMaxMs = 60_000;
/** Several programs that were told the same time to wait do not come back in one moment. */
const retryAfterJitterMs = 1_000;

/**
 * Sends a request until it succeeds, is refused for good, or was tried often enough, and gives what `read` makes of the
 * answer; it throws for a refusal. Repeating is safe: a GET changes nothing, a DELETE is done already, a POST or PUT has
 * an idempotency key.
 *
 * The apps' calls have a loop of their own in `api/http.ts`: they run in browsers, read small answers whole and give up
 * while a user waits. These here may stream, wait for a rate limit, and use no option of `fetch` that workers refuse.
 */
export async function send<Result>(
  connection: Connection,
  request: OutgoingRequest,
  options: CallOptions,
  read: (answer: Answer) => Promise<Result>,
): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryOnce(connection, request, options, read);
    } catch (error) {
      const delayMs = tries < connection.triesMax ? delayBeforeNext(error, tries, connection.random) : null;
      if (delayMs === null) throw error;
      await pause(delayMs, connection.clock, options.signal);
    }
  }
}

async function tryOnce<Result>(
  { url, apiKey, fetch: fetchIt, clock, timeoutMs: usualTimeoutMs }: Connection,
  { method, path, headers, body, secrets }: OutgoingRequest,
  { signal, timeoutMs = usualTimeoutMs }: CallOptions,
  read: (answer: Answer) => Promise<Result>,
): Promise<Result> {
  const deadline = createDeadline({ clock, timeoutMs, signal });
  const conceal = concealer([apiKey, ...secrets]);
  try {
    return await deadline.during(async () => {
      const response = await fetchIt(url + path, {
        method,
        headers: { accept: 'application/json', ...headers, authorization: `Bearer ${apiKey}` },
        // To follow one would turn a POST into a GET, or bring it to another host.
        redirect: 'manual',
        signal: deadline.signal,
        ...(body !== undefined && { body }),
      });
      if (isRedirect(response)) {
        throw new ThriveError('UNTRUSTED_ANSWER', {
          status: response.status,
          message: 'The server sends the request elsewhere: `baseUrl` must be the address where it ends.',
          details: { reason: 'redirect' },
        });
      }
      return read({ response, deadline, conceal, now: clock.now });
    });
  } catch (error) {
    throw error instanceof ThriveError
      ? error
      : new ThriveError('NETWORK_ERROR', { cause: error, action: sendAgain });
  }
}

/** Null: trying again changes nothing, or is the caller's to decide. */
function delayBeforeNext(error: unknown, tries: number, random: () => number): number | null {
  if (!(error instanceof ThriveError)) return null;
  const { code, status, retryAfterMs, details } = error;
  const isWorthIt =
    code === 'NETWORK_ERROR' ||
    code === 'TIMEOUT' ||
    status === 429 ||
    (status !== null && status >= 500) ||
    // The try whose answer was lost is still at it.
    (details as { reason?: unknown } | null)?.reason === 'idempotency_key_in_use';
  if (!isWorthIt) return null;
  if (retryAfterMs === null) return random() * Math.min(backoffMs.max, backoffMs.base * 2 ** (tries - 1));
  return retryAfterMs > retryAfterMaxMs ? null : retryAfterMs + random() * retryAfterJitterMs;
}

function pause(delayMs: number, clock: Required<Clock>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = () => {
      cancel();
      reject(new ThriveError('ABORTED', { action: sendAgain }));
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
  });
}

const isRedirect = ({ type, status }: Response): boolean =>
  type === 'opaqueredirect' || (status >= 300 && status < 400);

/** Takes secrets out of what the server says: one that echoes a key must not get it into a log. */
function concealer(secrets: readonly string[]): (text: string) => string {
  return (text) => secrets.reduce((rest, secret) => rest.replaceAll(secret, '•••'), text);
}
