import { AppError } from '../../platform/app-error.ts';
import { hourMs, minuteMs, secondMs } from '../../platform/clock.ts';
import type { RateDecision, RateLimiter, RateWindow } from '../../platform/rate-limit/rate-limiter.ts';
import type { RequestContext } from '../../platform/request-context.ts';

/**
 * Slows down who guesses license keys with a channel key, which every attacker has. Only wrong keys count, so a
 * user with a right key is never refused because of somebody else:
 * - an address that got too many wrong is refused before the look-up;
 * - when a channel key as a whole sees too many wrong ones (many addresses, few guesses each), every address with a
 *   wrong guess of its own is refused.
 */
export interface WrongKeyGuard {
  /** @throws {AppError} RATE_LIMIT_EXCEEDED */
  refuseGuessers(request: RequestContext): Promise<void>;
  /** @throws {AppError} RATE_LIMIT_EXCEEDED when this was one too many: guesses sent all at once learn nothing either. */
  countWrongKey(request: RequestContext): Promise<void>;
}

/** Wrong keys that one channel key may see, as a multiple of what one address may send. */
const addressesPerChannelKey = 20;

export function createWrongKeyGuard(limiter: RateLimiter, perMinute: number): WrongKeyGuard {
  const windowsOf = (limit: number): RateWindow[] => [
    { limit, lengthMs: minuteMs },
    { limit: limit * 10, lengthMs: hourMs },
  ];
  const ofAddress = windowsOf(perMinute);
  const ofChannelKey = windowsOf(perMinute * addressesPerChannelKey);
  const addressKey = ({ actor, address }: RequestContext) => `wrong-keys/${actor.key_id}/${address}`;
  const channelKey = ({ actor }: RequestContext) => `wrong-keys/${actor.key_id}`;

  return {
    async refuseGuessers(request) {
      if (request.actor.key_type !== 'channel') return;
      const address = await limiter.peek(addressKey(request), ofAddress, request.now);
      if (address.allowed && address.remaining === address.limit) return;
      const channel = await limiter.peek(channelKey(request), ofChannelKey, request.now);
      refuseIfFull(address);
      refuseIfFull(channel);
    },
    async countWrongKey(request) {
      if (request.actor.key_type !== 'channel') return;
      const address = await limiter.take(addressKey(request), ofAddress, request.now);
      await limiter.take(channelKey(request), ofChannelKey, request.now);
      refuseIfFull(address);
    },
  };
}

function refuseIfFull(decision: RateDecision): void {
  if (decision.allowed) return;
  throw new AppError('RATE_LIMIT_EXCEEDED', {
    message: 'Too many wrong license keys from this address.',
    retryAfterSeconds: Math.ceil(decision.retryAfterMs / secondMs),
  });
}
