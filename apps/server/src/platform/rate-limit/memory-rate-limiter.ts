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

  /** @param keep whether a counter that is not there yet shall stay. */
  const statesOf = (key: string, windows: readonly RateWindow[], now: number, keep: boolean): WindowState[] =>
    windows.map((window) => {
      const id = `${window.lengthMs}/${key}`;
      const known = counters.get(id);
      if (known) return { window, counter: slide(known, now) };
      const counter = { slot: slotOf(now, window), current: 0, previous: 0, lengthMs: window.lengthMs };
      if (keep) counters.set(id, counter);
      return { window, counter };
    });

  // Callers that have been silent for two windows are forgotten; looking once a minute keeps that cheap.
  const sweep = (now: number) => {
    if (now < sweepAt) return;
    sweepAt = now + 60_000;
    for (const [id, counter] of counters) {
      if (slotOf(now, counter) - counter.slot > 1) counters.delete(id);
    }
  };

  return {
    async take(key, windows, now) {
      sweep(now);
      const states = statesOf(key, windows, now, true);
      const violated = violatedOf(states, now);
      if (violated) return violated;
      for (const { counter } of states) counter.current += 1;
      return tightestOf(states, now);
    },
    // A look leaves no trace: who was never counted takes no memory.
    async peek(key, windows, now) {
      const states = statesOf(key, windows, now, false);
      return violatedOf(states, now) ?? tightestOf(states, now);
    },
  };
}

interface WindowState {
  readonly window: RateWindow;
  readonly counter: SlidingCounter;
}

// Loops rather than chains of arrays: these run several times in every request.

/** The full window that takes longest to have room again. */
function violatedOf(states: readonly WindowState[], now: number): RateDecision | null {
  let violated: (RateDecision & { allowed: false }) | null = null;
  for (const { window, counter } of states) {
    if (used(counter, now) + 1 <= window.limit) continue;
    const retryAfterMs = untilOneIsFree(counter, window, now);
    if (violated && violated.retryAfterMs >= retryAfterMs) continue;
    const { limit } = window;
    violated = { allowed: false, limit, remaining: 0, resetAt: slotEnd(counter), retryAfterMs };
  }
  return violated;
}

function tightestOf(states: readonly WindowState[], now: number): RateDecision {
  let tightest: RateDecision | null = null;
  for (const { window, counter } of states) {
    const { limit } = window;
    const remaining = Math.max(0, Math.floor(limit - used(counter, now)));
    if (tightest && tightest.remaining / tightest.limit <= remaining / limit) continue;
    tightest = { allowed: true, limit, remaining, resetAt: slotEnd(counter) };
  }
  if (!tightest) throw new Error('A rate limit needs a window.');
  return tightest;
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
