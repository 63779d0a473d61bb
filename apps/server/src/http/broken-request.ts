import type { Socket } from 'node:net';
import { AppError } from '../platform/app-error.ts';
import { type Clock, secondMs } from '../platform/clock.ts';
import type { NewId } from '../platform/ids.ts';
import type { RateState } from '../platform/rate-limit/rate-limiter.ts';
import { errorEnvelope } from './envelope.ts';

const messages: Record<string, string> = {
  HPE_HEADER_OVERFLOW: 'The headers are too large; 16 kB are the most.',
  ERR_HTTP_REQUEST_TIMEOUT: 'The request did not arrive in time.',
};

/** Answers what is not HTTP enough to become a request, in the envelope all the same. */
export async function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket,
  { newId, clock, rateOf }: { newId: NewId; clock: Clock; rateOf: (address: string) => Promise<RateState> },
): Promise<void> {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const now = clock.now();
  const request_id = newId('request', now);
  const message = messages[error.code ?? ''] ?? 'The request is not valid HTTP.';
  const refusal = new AppError('VALIDATION_ERROR', {
    details: [{ path: '', code: 'invalid_request', message }],
  });
  const rate = await rateOf(socket.remoteAddress ?? '');
  const body = JSON.stringify(errorEnvelope(refusal, request_id, now));
  socket.end(
    [
      'HTTP/1.1 400 Bad Request',
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${request_id}`,
      `x-ratelimit-limit: ${rate.limit}`,
      `x-ratelimit-remaining: ${rate.remaining}`,
      `x-ratelimit-reset: ${Math.ceil(rate.resetAt / secondMs)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
}
