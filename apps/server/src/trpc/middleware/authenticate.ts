import type { Access, Use } from '../../platform/access.ts';
import { AppError } from '../../platform/app-error.ts';
import { minuteMs } from '../../platform/clock.ts';
import type { RateLimiter, RateWindow } from '../../platform/rate-limit/rate-limiter.ts';
import type { Actor } from '../../platform/request-context.ts';
import type { CallContext } from '../init.ts';
import { takeFrom } from './limit-rate.ts';

/** Who is behind an API key, and how often it may call. */
export interface Caller {
  readonly actor: Actor;
  readonly windows: readonly RateWindow[];
  /** What time it is for its account. */
  readonly timeAt: (now: number) => number;
  /** @param now the account's time. */
  readonly access: (use: Use, now: number) => Access;
}

/** Finds the caller of an API key; null when the key is malformed, unknown, expired or revoked. */
export type Authenticate = (apiKey: string, now: number) => Promise<Caller | null>;

/** First refusal: no key, then a key that is not valid. Failures count against the address, so guessing is slow. */
export function authenticateWith(
  authenticate: Authenticate,
  limiter: RateLimiter,
  unauthenticatedPerMinute: number,
) {
  const windows = [{ limit: unauthenticatedPerMinute, lengthMs: minuteMs }];
  return async (ctx: CallContext): Promise<Caller> => {
    const apiKey = bearerToken(ctx.authorization);
    const caller = apiKey === null ? null : await authenticate(apiKey, ctx.now);
    if (!caller) {
      await takeFrom(limiter, `address/${ctx.address}`, windows, ctx);
      throw new AppError(ctx.authorization ? 'INVALID_TOKEN' : 'AUTHENTICATION_REQUIRED');
    }
    return caller;
  };
}

function bearerToken(header: string | undefined): string | null {
  return header?.match(/^Bearer +(\S+)$/i)?.[1] ?? null;
}
