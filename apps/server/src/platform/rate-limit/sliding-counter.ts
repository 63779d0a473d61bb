import { minuteMs } from '../clock.ts';
import type { RateDecision, RateWindow } from './rate-limiter.ts';

/**
 * The count of the running slot, and of the slot before: that share of it counts which the window still covers. A fresh
 * caller gets exactly its limit, and no caller gets twice the limit around the turn of a slot, as with fixed windows.
 *
 * Every store counts by this arithmetic. Those that decide elsewhere say it once more in their own language; a test
 * holds them against this.
 */
export interface SlidingCounter {
  /** Number of the slot since the epoch. */
  slot: number;
  current: number;
  previous: number;
}

/** So much may a clock be set back, or be behind another node's, before a counter is forgotten that it still needs. */
export const clocksDifferMs = 5 * minuteMs;

export interface WindowState {
  readonly window: RateWindow;
  readonly counter: SlidingCounter;
}

export const slotOf = (now: number, lengthMs: number): number => Math.floor(now / lengthMs);
const slotEnd = ({ window, counter }: WindowState) => (counter.slot + 1) * window.lengthMs;

/**
 * Moves a counter to the slot of `now`. A clock that is behind, because it was set back or is another node's, stays in the
 * newest slot that any has seen: allowance is never given twice.
 */
export function slide<Counter extends SlidingCounter>(
  counter: Counter,
  lengthMs: number,
  now: number,
): Counter {
  const slot = slotOf(now, lengthMs);
  if (slot <= counter.slot) return counter;
  counter.previous = slot === counter.slot + 1 ? counter.current : 0;
  counter.current = 0;
  counter.slot = slot;
  return counter;
}

// Loops rather than chains of arrays: these run several times in every request.

/** The full window that takes longest to have room again; null when all have room for one more. */
export function violatedOf(states: readonly WindowState[], now: number): RateDecision | null {
  let violated: (RateDecision & { allowed: false }) | null = null;
  for (const state of states) {
    const { limit } = state.window;
    if (used(state, now) + 1 <= limit) continue;
    const retryAfterMs = untilOneIsFree(state, now);
    if (violated && violated.retryAfterMs >= retryAfterMs) continue;
    violated = { allowed: false, limit, remaining: 0, resetAt: slotEnd(state), retryAfterMs };
  }
  return violated;
}

/** The window that is closest to its end. */
export function tightestOf(states: readonly WindowState[], now: number): RateDecision {
  let tightest: RateDecision | null = null;
  for (const state of states) {
    const { limit } = state.window;
    const remaining = Math.max(0, Math.floor(limit - used(state, now)));
    if (tightest && tightest.remaining / tightest.limit <= remaining / limit) continue;
    tightest = { allowed: true, limit, remaining, resetAt: slotEnd(state) };
  }
  if (!tightest) throw new Error('A rate limit needs a window.');
  return tightest;
}

function used(state: WindowState, now: number): number {
  const { window, counter } = state;
  const share = Math.min(1, Math.max(0, (slotEnd(state) - now) / window.lengthMs));
  return counter.current + counter.previous * share;
}

function untilOneIsFree(state: WindowState, now: number): number {
  const { window, counter } = state;
  const { limit, lengthMs } = window;
  const spare = limit - 1 - counter.current;
  if (spare < 0 || counter.previous === 0) {
    // Only the next slot helps: there this slot's count fades to one below the limit.
    const faded = counter.current === 0 ? 0 : Math.max(0, 1 - (limit - 1) / counter.current) * lengthMs;
    return Math.max(1, slotEnd(state) - now + faded);
  }
  return Math.max(1, slotEnd(state) - (spare / counter.previous) * lengthMs - now);
}
