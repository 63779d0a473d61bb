import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../platform/clock.ts';
import { minuteMs, secondMs } from '../platform/clock.ts';
import type { RateLimiter, RateState } from '../platform/rate-limit/rate-limiter.ts';
import type { AnswerNotes } from '../trpc/init.ts';

declare module 'fastify' {
  interface FastifyRequest {
    notes: AnswerNotes;
  }
}

/** Also a path that came with scheme and host in front, as proxies send it. */
const isOfADoor = (url: string): boolean => /^(?:https?:\/\/[^/]*)?\/(?:api|trpc)(?:\/|$)/i.test(url);

/** Writes the headers that every answer carries, whatever its status: request id and rate limit. */
export type WriteAnswerHeaders = (request: FastifyRequest, reply: FastifyReply) => Promise<void> | undefined;

/** How an address stands that has shown no valid API key. */
export function addressRate(options: {
  limiter: RateLimiter;
  clock: Clock;
  unauthenticatedPerMinute: number;
}): (address: string) => Promise<RateState> {
  const { limiter, clock, unauthenticatedPerMinute } = options;
  const windows = [{ limit: unauthenticatedPerMinute, lengthMs: minuteMs }];
  return (address) => limiter.peek(`address/${address}`, windows, clock.now());
}

/** Makes both doors send these headers. The returned function is for answers that Fastify sends without its hooks. */
export function registerAnswerHeaders(
  app: FastifyInstance,
  rateOf: (address: string) => Promise<RateState>,
): WriteAnswerHeaders {
  const write: WriteAnswerHeaders = (request, reply) => {
    const notes: AnswerNotes = request.notes ?? {};
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    if (notes.mustClose) reply.header('connection', 'close');
    if (notes.retryAfterSeconds !== undefined) reply.header('retry-after', notes.retryAfterSeconds);
    if (notes.warning) reply.header('x-warning', notes.warning);
    if (notes.replayed) reply.header('idempotency-replayed', 'true');
    if (notes.rate) writeRate(reply, notes.rate);
    else if (isOfADoor(request.url)) return rateOf(request.ip).then((rate) => writeRate(reply, rate));
    return undefined;
  };

  app.decorateRequest('notes', null as unknown as AnswerNotes);
  // With callbacks where nothing is waited for: a promise for each hook of each request adds up.
  app.addHook('onRequest', (request, _reply, done) => {
    request.notes = {};
    done();
  });
  app.addHook('onSend', (request, reply, _payload, done) => {
    const pending = write(request, reply);
    if (pending) pending.then(() => done(), done);
    else done();
  });
  return write;
}

function writeRate(reply: FastifyReply, rate: RateState): void {
  reply.header('x-ratelimit-limit', rate.limit);
  reply.header('x-ratelimit-remaining', rate.remaining);
  reply.header('x-ratelimit-reset', Math.ceil(rate.resetAt / secondMs));
}
