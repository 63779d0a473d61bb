import { AppError } from '../../platform/app-error.ts';
import { secondMs } from '../../platform/clock.ts';
import type { RateLimiter, RateWindow } from '../../platform/rate-limit/rate-limiter.ts';
import type { CallContext } from '../init.ts';

/** Counts a call and notes the state for the headers. @throws {AppError} RATE_LIMIT_EXCEEDED */
export async function takeFrom(
  limiter: RateLimiter,
  key: string,
  windows: readonly RateWindow[],
  ctx: Pick<CallContext, 'now' | 'notes'>,
): Promise<void> {
  const decision = await limiter.take(key, windows, ctx.now);
  ctx.notes.rate = decision;
  if (decision.allowed) return;
  throw new AppError('RATE_LIMIT_EXCEEDED', {
    retryAfterSeconds: Math.ceil(decision.retryAfterMs / secondMs),
  });
}
