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
export type WriteAnswerHeaders = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

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
  const write: WriteAnswerHeaders = async (request, reply) => {
    const notes: AnswerNotes = request.notes ?? {};
    reply.header('x-request-id', request.id);
    reply.header('cache-control', 'no-store');
    if (notes.mustClose) reply.header('connection', 'close');
    if (!isOfADoor(request.url)) return;
    const rate = notes.rate ?? (await rateOf(request.ip));
    reply.header('x-ratelimit-limit', rate.limit);
    reply.header('x-ratelimit-remaining', rate.remaining);
    reply.header('x-ratelimit-reset', Math.ceil(rate.resetAt / secondMs));
    if (notes.retryAfterSeconds !== undefined) reply.header('retry-after', notes.retryAfterSeconds);
    if (notes.replayed) reply.header('idempotency-replayed', 'true');
  };

  app.decorateRequest('notes', null as unknown as AnswerNotes);
  app.addHook('onRequest', async (request) => {
    request.notes = {};
  });
  app.addHook('onSend', write);
  return write;
}
