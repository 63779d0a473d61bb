import type { RateLimiter, RateWindow } from './rate-limiter.ts';
import {
  clocksDifferMs,
  type SlidingCounter,
  slide,
  slotOf,
  tightestOf,
  violatedOf,
  type WindowState,
} from './sliding-counter.ts';

/** Who comes with ever new addresses shall not use up the memory. */
const countersMax = 1_000_000;

/**
 * Counts in this process.
 *
 * Our own because the libraries of the field either check window after window, so that a refused request eats
 * into the other window, or use fixed slots.
 */
export function createMemoryRateLimiter(most = countersMax): RateLimiter {
  const counters = new Map<string, KeptCounter>();
  let sweepAt = 0;

  const statesOf = (key: string, windows: readonly RateWindow[], now: number): KeptState[] =>
    windows.map((window) => {
      const { lengthMs } = window;
      const id = `${lengthMs}/${key}`;
      // A copy: a look, and a request that is refused, leave no trace.
      const { slot, current, previous } = counters.get(id) ?? nothingCounted;
      return { id, window, counter: slide({ slot, current, previous, lengthMs }, lengthMs, now) };
    });

  const keep = ({ id, counter }: KeptState) => {
    const [oldest] = counters.size >= most && !counters.has(id) ? counters.keys() : [];
    if (oldest !== undefined) counters.delete(oldest);
    counter.current += 1;
    counters.set(id, counter);
  };

  // Callers that have been silent for two windows are forgotten; looking once a minute keeps that cheap.
  const sweep = (now: number) => {
    if (now < sweepAt) return;
    sweepAt = now + 60_000;
    for (const [id, counter] of counters) {
      if (slotOf(now - clocksDifferMs, counter.lengthMs) - counter.slot > 1) counters.delete(id);
    }
  };

  return {
    async take(key, windows, now) {
      sweep(now);
      const states = statesOf(key, windows, now);
      const violated = violatedOf(states, now);
      if (violated) return violated;
      for (const state of states) keep(state);
      return tightestOf(states, now);
    },
    async peek(key, windows, now) {
      const states = statesOf(key, windows, now);
      return violatedOf(states, now) ?? tightestOf(states, now);
    },
  };
}

const nothingCounted: SlidingCounter = { slot: 0, current: 0, previous: 0 };

interface KeptState extends WindowState {
  readonly id: string;
  readonly counter: KeptCounter;
}

interface KeptCounter extends SlidingCounter {
  readonly lengthMs: number;
}
