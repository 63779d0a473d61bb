import { secondMs } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';
import type { RateDecision, RateLimiter } from './rate-limiter.ts';

/** A store that has answered nobody for so long is not waited for. */
const usualWaitMs = 250;
/** Times that, and no request waits longer, also where the store answers others. */
const waitsMost = 2;
const tryAgainAfterMs = secondMs;

export interface FallbackOptions {
  readonly log: Logger;
  /** Told whether this node decides by itself, for figures. */
  readonly onChange?: (isLocal: boolean) => void;
  readonly waitMs?: number;
  /** Time that only goes forward. */
  readonly elapsedMs?: () => number;
}

/**
 * Asks the store, and decides here while that is away or slow: no caller is turned away for it, and none is let through
 * unlimited. What each node allows by itself then is one limit, whatever it let through before: all that the store allows
 * is counted here too.
 *
 * A store that fails or falls silent is left alone for a second. Then it is asked beside a request, which does not wait for
 * it; when it answers in time, it decides again. Each change is one line in the log, and no request is any.
 *
 * @param store must settle every call at some time: it is not asked again before.
 */
export function withLocalFallback(store: RateLimiter, options: FallbackOptions): RateLimiter {
  const { log, onChange = () => {}, waitMs = usualWaitMs, elapsedMs = () => performance.now() } = options;
  const local = createMemoryRateLimiter();
  /** Null: the store decides. */
  let tryAgainAt: number | null = null;
  let isTrying = false;
  const inTime = listenFor<RateDecision>(waitMs);

  const leave = (error: unknown) => {
    const isNew = tryAgainAt === null;
    tryAgainAt = elapsedMs() + tryAgainAfterMs;
    if (!isNew) return;
    log.warn({ err: error }, 'the store of the rate limits does not answer: this node counts by itself');
    onChange(true);
  };
  const comeBack = () => {
    tryAgainAt = null;
    log.info('the store of the rate limits answers again');
    onChange(false);
  };
  const tryAgain = (...asked: Parameters<RateLimiter['peek']>) => {
    if (isTrying || tryAgainAt === null || elapsedMs() < tryAgainAt) return;
    isTrying = true;
    const asking = store.peek(...asked);
    inTime(asking)
      .then(comeBack, leave)
      .then(() => asking)
      .catch(() => {})
      .finally(() => {
        isTrying = false;
      });
  };

  return {
    async take(...asked) {
      if (tryAgainAt === null) {
        try {
          const decision = await inTime(store.take(...asked));
          if (decision.allowed) await local.take(...asked);
          return decision;
        } catch (error) {
          leave(error);
        }
      }
      tryAgain(...asked);
      return local.take(...asked);
    },
    async peek(...asked) {
      if (tryAgainAt === null) {
        try {
          return await inTime(store.peek(...asked));
        } catch (error) {
          leave(error);
        }
      }
      tryAgain(...asked);
      return local.peek(...asked);
    },
  };
}

/**
 * Waits for answers that may come late where many are asked for at once: a store is silent when nobody gets any.
 *
 * @returns which throws when there is no answer in time; one that comes later is for nobody.
 */
function listenFor<Answer>(waitMs: number): (answer: Promise<Answer>) => Promise<Answer> {
  let answers = 0;
  return (answer) =>
    new Promise((resolve, reject) => {
      let isOver = false;
      let waits = 0;
      let heard = answers;
      const look = () => {
        waits += 1;
        if (isOver) return;
        if (answers === heard || waits >= waitsMost)
          reject(new Error(`No answer within ${waits * waitMs} ms.`));
        else listen();
      };
      const listen = () => {
        heard = answers;
        // Where this process itself was busy that long, answers may be here and unread: they are read before `setImmediate`.
        timer = setTimeout(() => setImmediate(look), waitMs);
      };
      let timer: NodeJS.Timeout;
      listen();
      answer
        .then((decision) => {
          answers += 1;
          resolve(decision);
        }, reject)
        .finally(() => {
          isOver = true;
          clearTimeout(timer);
        });
    });
}
