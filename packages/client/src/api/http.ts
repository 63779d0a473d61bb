import { ThriveError } from '../errors.ts';
import type { Clock } from './clock.ts';
import type { RawAnswer } from './read-answer.ts';

export interface HttpOptions {
  /** Without `/api/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly fetch: typeof fetch;
  readonly clock: Required<Clock>;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Below `baseUrl`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends a request that is safe to repeat, and gives what `read` makes of the answer. */
export type Http = <Result>(
  request: HttpRequest,
  read: (answer: RawAnswer, conceal: (text: string) => string) => Result,
) => Promise<Result>;

const tryTimeoutMs = 10_000;
const triesMax = 3;
const backoffMs = { base: 500, max: 5_000 };
/** A server that asks for more than this is asked again by the next refresh, not while a user waits. */
const retryAfterMaxMs = 15_000;
/** A fake server must not talk a client out of ever asking again. */
const believedRetryAfterMaxMs = 6 * 3_600_000;
/** Answers have a few kilobytes; an endless one must not fill the memory. */
const answerCharsMax = 1024 * 1024;
const concealed = '•••';

/**
 * At most three tries of ten seconds each, spread by full jitter so that a thousand apps do not come back in one moment
 * to a server that just got up.
 */
export function createHttp({ baseUrl, apiKey, fetch: send, clock, random }: HttpOptions): Http {
  return async (request, read) => {
    const conceal = concealer([apiKey, request.body?.['license_key']]);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return read(await tryOnce(request), conceal);
      } catch (error) {
        const delayMs = attempt < triesMax ? delayBeforeNext(error, attempt) : null;
        if (delayMs === null) throw error;
        await sleep(delayMs, request.signal);
      }
    }
  };

  async function tryOnce({ method, path, body, signal }: HttpRequest): Promise<RawAnswer> {
    if (signal?.aborted) throw new ThriveError('ABORTED');
    const aborter = new AbortController();
    let ended: 'TIMEOUT' | 'ABORTED' | undefined;
    // Raced against, because a `fetch` of the app's own may not heed its signal.
    let giveUp: (error: ThriveError) => void = () => {};
    const givenUp = new Promise<never>((_, reject) => {
      giveUp = reject;
    });
    const end = (code: 'TIMEOUT' | 'ABORTED') => () => {
      ended = code;
      giveUp(new ThriveError(code));
      aborter.abort();
    };
    const onAbort = end('ABORTED');
    const cancelTimeout = clock.after(tryTimeoutMs, end('TIMEOUT'));
    signal?.addEventListener('abort', onAbort);
    try {
      const answered = send(baseUrl + path, {
        method,
        // A redirect could carry a license key to another host.
        redirect: 'error',
        cache: 'no-store',
        credentials: 'omit',
        signal: aborter.signal,
        headers: {
          accept: 'application/json',
          ...(body && { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      }).then(async (response) => ({
        status: response.status,
        text: await readText(response),
        retryAfterMs: readRetryAfter(response.headers.get('retry-after'), clock.now()),
      }));
      return await Promise.race([answered, givenUp]);
    } catch (error) {
      if (error instanceof ThriveError) throw error;
      throw new ThriveError(ended ?? 'NETWORK_ERROR', { cause: error });
    } finally {
      cancelTimeout();
      signal?.removeEventListener('abort', onAbort);
    }
  }

  /** Null: this was an answer, or the server wants to be left alone for longer than a user waits. */
  function delayBeforeNext(error: unknown, attempt: number): number | null {
    if (!(error instanceof ThriveError)) return null;
    const { code, status, retryAfterMs } = error;
    const isWorthIt =
      code === 'NETWORK_ERROR' || code === 'TIMEOUT' || status === 429 || (status ?? 0) >= 500;
    if (!isWorthIt || (retryAfterMs ?? 0) > retryAfterMaxMs) return null;
    const jitterMs = Math.round(random() * Math.min(backoffMs.max, backoffMs.base * 2 ** (attempt - 1)));
    return (retryAfterMs ?? 0) + jitterMs;
  }

  function sleep(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        cancel();
        reject(new ThriveError('ABORTED'));
      };
      const cancel = clock.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort);
    });
  }
}

async function readText(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
    if (text.length > answerCharsMax) {
      reader.cancel().catch(() => {});
      throw new ThriveError('UNTRUSTED_ANSWER', { details: { reason: 'too_large' } });
    }
  }
}

/** Seconds or a date (RFC 9110 §10.2.3); null for neither. */
function readRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const delayMs = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isNaN(delayMs) ? null : Math.min(Math.max(delayMs, 0), believedRetryAfterMaxMs);
}

function concealer(secrets: readonly unknown[]): (text: string) => string {
  const known = secrets.filter((secret): secret is string => typeof secret === 'string' && secret !== '');
  return (text) => known.reduce((rest, secret) => rest.replaceAll(secret, concealed), text);
}
