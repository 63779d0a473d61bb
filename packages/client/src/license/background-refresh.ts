import type { Clock } from '../api/clock.ts';
import { ThriveError } from '../errors.ts';
import { delayAfterFailure, type RefreshPlan } from './refresh-schedule.ts';

export interface BackgroundOptions {
  readonly clock: Required<Clock>;
  /** 0 up to, not including, 1. */
  readonly random: () => number;
  /** Asked anew each time. */
  readonly plan: () => RefreshPlan;
  /** Tells listeners if the state has changed. */
  readonly notice: () => void;
  /** Asks the server once. */
  readonly refresh: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * The longest sleep. Timers stand still while a laptop is suspended; looking at the wall clock every minute, an app that
 * wakes up after a week finds out soon.
 */
const lookAgainMs = 60_000;
const shortestMs = 1_000;
const tryAgainMaxMs = 6 * 3_600_000;

/** Refreshes the lease when it is due, again and again, until it is stopped. Keeps no process alive. */
export class BackgroundRefresh {
  readonly #options: BackgroundOptions;
  #cancelTimer: (() => void) | null = null;
  #running: AbortController | null = null;
  #failures = 0;
  #notBefore = 0;

  constructor(options: BackgroundOptions) {
    this.#options = options;
  }

  start(): void {
    if (this.#running) return;
    this.#running = new AbortController();
    this.#failures = 0;
    this.#notBefore = 0;
    void this.#look(this.#running.signal);
  }

  stop(): void {
    this.#running?.abort();
    this.#running = null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { clock, plan, notice } = this.#options;
    notice();
    let next = plan();
    if (this.#isDue(next.dueAt)) next = await this.#refresh(signal);
    if (signal.aborted) return;
    const now = clock.now();
    const { dueAt, nextChangeAt } = next;
    const lookAt = Math.min(
      dueAt === null ? Number.POSITIVE_INFINITY : Math.max(dueAt, this.#notBefore),
      nextChangeAt ?? Number.POSITIVE_INFINITY,
      now + lookAgainMs,
    );
    const delayMs = Math.max(lookAt - now, shortestMs);
    this.#cancelTimer = clock.after(delayMs, () => void this.#look(signal), true);
  }

  #isDue(dueAt: number | null): boolean {
    const now = this.#options.clock.now();
    // A clock that was set back must not put off the next try for as long.
    if (this.#notBefore - now > tryAgainMaxMs) this.#notBefore = now;
    return dueAt !== null && now >= dueAt && now >= this.#notBefore;
  }

  async #refresh(signal: AbortSignal): Promise<RefreshPlan> {
    const { clock, plan, random, refresh } = this.#options;
    let retryAfterMs = 0;
    try {
      await refresh(signal);
    } catch (error) {
      // It is told as a warning by whoever refreshes.
      if (error instanceof ThriveError) retryAfterMs = error.retryAfterMs ?? 0;
    }
    const after = plan();
    const { dueAt, leftMs } = after;
    const now = clock.now();
    if (dueAt === null || dueAt > now) {
      this.#failures = 0;
      this.#notBefore = 0;
    } else {
      this.#failures += 1;
      this.#notBefore = now + delayAfterFailure(this.#failures, random(), { retryAfterMs, leftMs });
    }
    return after;
  }
}
