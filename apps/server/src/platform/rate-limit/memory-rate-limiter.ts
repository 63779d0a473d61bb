import type { RateDecision, RateLimiter, RateWindow } from './rate-limiter.ts';

/**
 * Counts in this process. Each window is a sliding counter: the count of the running slot plus that share of the
 * slot before which the window still covers. A fresh caller gets exactly its limit, and no caller gets twice the
 * limit around the turn of a slot, as with fixed windows.
 *
 * Our own because the libraries of the field either check window after window, so that a refused request eats
 * into the other window, or use fixed slots.
 */
export function createMemoryRateLimiter(): RateLimiter {
  const counters = new Map<string, SlidingCounter>();
  let sweepAt = 0;

  const counterOf = (key: string, window: RateWindow, now: number): SlidingCounter => {
    const id = `${window.lengthMs}/${key}`;
    const known = counters.get(id);
    const counter = slide(
      known ?? { slot: slotOf(now, window), current: 0, previous: 0, lengthMs: window.lengthMs },
      now,
    );
    if (!known) counters.set(id, counter);
    return counter;
  };

  // Callers that have been silent for two windows are forgotten; looking once a minute keeps that cheap.
  const sweep = (now: number) => {
    if (now < sweepAt) return;
    sweepAt = now + 60_000;
    for (const [id, counter] of counters) {
      if (slotOf(now, counter) - counter.slot > 1) counters.delete(id);
    }
  };

  const decide = (key: string, windows: readonly RateWindow[], now: number, count: boolean): RateDecision => {
    sweep(now);
    const states = windows.map((window) => ({ window, counter: counterOf(key, window, now) }));
    const full = states
      .filter(({ window, counter }) => used(counter, now) + 1 > window.limit)
      .map(({ window, counter }) => ({ window, counter, retryAfterMs: untilOneIsFree(counter, window, now) }))
      .sort((a, b) => b.retryAfterMs - a.retryAfterMs)[0];
    if (full) {
      const resetAt = slotEnd(full.counter);
      return {
        allowed: false,
        limit: full.window.limit,
        remaining: 0,
        resetAt,
        retryAfterMs: full.retryAfterMs,
      };
    }
    if (count) for (const { counter } of states) counter.current += 1;
    const [tightest] = states
      .map(({ window, counter }) => ({
        limit: window.limit,
        remaining: Math.max(0, Math.floor(window.limit - used(counter, now))),
        resetAt: slotEnd(counter),
      }))
      .sort((a, b) => a.remaining / a.limit - b.remaining / b.limit);
    if (!tightest) throw new Error('A rate limit needs a window.');
    return { allowed: true, ...tightest };
  };

  return {
    take: async (key, windows, now) => decide(key, windows, now, true),
    peek: async (key, windows, now) => decide(key, windows, now, false),
  };
}

interface SlidingCounter {
  slot: number;
  current: number;
  previous: number;
  readonly lengthMs: number;
}

const slotOf = (now: number, { lengthMs }: { lengthMs: number }) => Math.floor(now / lengthMs);
const slotEnd = (counter: SlidingCounter) => (counter.slot + 1) * counter.lengthMs;

function slide(counter: SlidingCounter, now: number): SlidingCounter {
  const slot = slotOf(now, counter);
  // A clock that was set back stays in the newest slot it has seen: allowance is never given twice.
  if (slot <= counter.slot) return counter;
  counter.previous = slot === counter.slot + 1 ? counter.current : 0;
  counter.current = 0;
  counter.slot = slot;
  return counter;
}

function used(counter: SlidingCounter, now: number): number {
  const share = Math.min(1, Math.max(0, (slotEnd(counter) - now) / counter.lengthMs));
  return counter.current + counter.previous * share;
}

function untilOneIsFree(counter: SlidingCounter, window: RateWindow, now: number): number {
  const spare = window.limit - 1 - counter.current;
  if (spare < 0 || counter.previous === 0) {
    // Only the next slot helps: there this slot's count fades to one below the limit.
    const faded =
      counter.current === 0 ? 0 : Math.max(0, 1 - (window.limit - 1) / counter.current) * counter.lengthMs;
    return Math.max(1, slotEnd(counter) - now + faded);
  }
  return Math.max(1, slotEnd(counter) - (spare / counter.previous) * counter.lengthMs - now);
}
