import { lookup } from 'node:dns/promises';
import type { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, buildConnector, errors, request } from 'undici';
import { type Clock, hourMs, secondMs } from '../../platform/clock.ts';
import { type AddressGuard, literalOf } from './address-guard.ts';
import type { AttemptError, Outcome } from './delivery.ts';

/** Finds the addresses of a name. @throws when there is no such name. */
export type Resolve = (hostname: string) => Promise<readonly { address: string; family: number }[]>;

/** Makes single attempts: bounded in time and bytes, and never to an address that is not allowed. */
export interface WebhookSender {
  send(url: string, headers: Record<string, string>, body: string): Promise<Outcome>;
  close(): Promise<void>;
}

export interface SendLimits {
  readonly connectMs: number;
  /** From the first byte sent to the last one read. */
  readonly totalMs: number;
}

const limitsUsual: SendLimits = { connectMs: 5 * secondMs, totalMs: 15 * secondMs };
const bytesReadMax = 16 * 1024;
const bytesKeptMax = 2048;
const retryAfterMaxMs = 24 * hourMs;
/** Most frameworks hand a body to their JSON parser only if it says that it is JSON; many firewalls want a name. */
const headersAlways = { 'content-type': 'application/json', 'user-agent': 'ThriveTech-Webhooks' };

export const resolveByDns: Resolve = (hostname) => lookup(hostname, { all: true });

export function createWebhookSender(options: {
  guard: AddressGuard;
  clock: Clock;
  resolve?: Resolve;
  limits?: SendLimits;
  /** Certificates to trust in place of the system's. */
  ca?: string;
}): WebhookSender {
  const { guard, clock, resolve = resolveByDns, limits = limitsUsual, ca } = options;
  const agent = new Agent({
    connect: guardedConnector(guard, resolve, { ...limits, ca }),
    connections: null,
    pipelining: 1,
    keepAliveTimeout: 10 * secondMs,
    headersTimeout: limits.totalMs,
    bodyTimeout: limits.totalMs,
    allowH2: false,
  });

  return {
    async send(url, headers, body) {
      const begun = performance.now();
      const ended = () => Math.round(performance.now() - begun);
      const failed = (error: AttemptError): Outcome => ({
        ...{ outcome: 'failed', status: null, error, duration_ms: ended() },
        ...{ response_body: null, retry_after_ms: null },
      });
      if (guard.faultOf(url) !== null) return failed('address_refused');
      const signal = AbortSignal.timeout(limits.totalMs);
      try {
        // `request`, not `fetch`: it follows no redirect, which could lead inside, with the body in hand.
        const answer = await request(url, {
          ...{ method: 'POST', headers: { ...headersAlways, ...headers }, body },
          ...{ dispatcher: agent, signal },
        });
        const text = await readStart(answer.body);
        const status = answer.statusCode;
        const isDelivered = status >= 200 && status < 300;
        return {
          outcome: isDelivered ? 'delivered' : 'failed',
          status,
          error: isDelivered ? null : status >= 300 && status < 400 ? 'redirect' : 'status',
          duration_ms: ended(),
          response_body: text,
          retry_after_ms: isDelivered ? null : retryAfterMs(answer.headers['retry-after'], clock.now()),
        };
      } catch (error) {
        return failed(signal.aborted ? 'timeout' : errorName(error));
      }
    },
    close: () => agent.destroy(),
  };
}

class AddressRefused extends Error {}
class NameNotFound extends Error {}

/**
 * Connects only where the guard allows, and looks at the very address that is used: a name that gave a public address
 * when it was checked can give another one a moment later. undici asks a `lookup` hook for names only, so literals are
 * looked at here too.
 */
function guardedConnector(
  guard: AddressGuard,
  resolve: Resolve,
  { connectMs, ca }: { connectMs: number; ca: string | undefined },
): buildConnector.connector {
  const connect = buildConnector({ timeout: connectMs, allowH2: false, ...(ca !== undefined && { ca }) });

  const addressOf = async (hostname: string): Promise<string> => {
    const literal = literalOf(hostname);
    const found =
      literal !== null
        ? [literal]
        : (
            await inTime(resolve(hostname), connectMs).catch((cause: unknown) => {
              throw new NameNotFound(undefined, { cause });
            })
          ).map(({ address }) => address);
    const [first] = found;
    if (first === undefined) throw new NameNotFound();
    // All of them: a name with one foot inside is no public name.
    if (!found.every(guard.isAllowed)) throw new AddressRefused();
    return first;
  };

  return (target, callback) => {
    addressOf(target.hostname).then(
      (address) => {
        const servername = target.servername || (literalOf(target.hostname) === null ? target.hostname : '');
        connect({ ...target, hostname: address, servername }, (error, socket) => {
          if (error) return callback(error, null);
          if (guard.isAllowed((socket as Socket).remoteAddress ?? '')) return callback(null, socket);
          socket.destroy();
          return callback(new AddressRefused(), null);
        });
      },
      (error: Error) => callback(error, null),
    );
  };
}

/**
 * A resolver waits for as long as it likes, and undici does not hear of the end of an attempt before there is a
 * connection: without a bound of its own, a name that nobody answers for would outlast the attempt and its lease.
 */
/** The result of `work`, or an error once its time is over: what it then still does is nobody's. */
export async function inTime<Result>(work: Promise<Result>, limitMs: number): Promise<Result> {
  const ended = new AbortController();
  const late = wait(limitMs, undefined, { signal: ended.signal }).then(() => {
    throw new Error(`There was no answer within ${limitMs} ms.`);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    ended.abort();
  }
}

/** The first bytes of an answer; what comes after is not read, and does not decide whether it was an answer. */
async function readStart(body: AsyncIterable<Buffer> & { destroy(): unknown }): Promise<string | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bytesReadMax) break;
    }
  } catch {
    // Time ran out, or the socket closed in the middle of it: the status was there before.
  }
  body.destroy();
  const start = Buffer.concat(chunks).subarray(0, bytesKeptMax);
  // A null byte has no place in a text column.
  return start.length === 0 ? null : start.toString('utf8').replaceAll('\0', '\uFFFD');
}

/** `Retry-After` in seconds or as a date; null when it says neither. */
function retryAfterMs(header: string | string[] | undefined, now: number): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return null;
  const waitMs = /^\s*\d+\s*$/.test(text) ? Number(text) * secondMs : Date.parse(text) - now;
  return Number.isNaN(waitMs) ? null : Math.min(Math.max(waitMs, 0), retryAfterMaxMs);
}

function errorName(error: unknown): AttemptError {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof AddressRefused) return 'address_refused';
    if (cause instanceof NameNotFound) return 'dns';
    // It has no code for most of what can be wrong.
    if (cause instanceof errors.HTTPParserError) return 'invalid_answer';
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (/TIMEOUT|ETIMEDOUT/.test(code)) return 'timeout';
    if (/UND_ERR_HEADERS_OVERFLOW|UND_ERR_RES/.test(code)) return 'invalid_answer';
    if (/CERT|TLS|SSL|EPROTO|SELF_SIGNED|UNABLE_TO_/.test(code)) return 'tls';
  }
  return 'connection';
}
