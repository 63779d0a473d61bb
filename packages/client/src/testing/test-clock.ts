import type { Clock } from '../api/clock.ts';

/** A clock that stands still until a test moves it. Give the same to the app and to the emulator. */
export interface TestClock extends Required<Clock> {
  /**
   * Time passes: timers that come due on the way ring, each at its moment.
   *
   * @throws {RangeError} for a negative time; a clock is set back with {@link TestClock.jump}.
   */
  advance(ms: number): void;
  /** Somebody sets the clock: it shows another time, and no time has passed. Negative sets it back. */
  jump(ms: number): void;
  /** How long the timers that wait still have, the soonest first, in milliseconds. */
  readonly waiting: readonly number[];
  /**
   * Resolves once a timer waits: with that an app is where it can only go on when time passes.
   *
   * @param isMeant looks at how long a timer still has; left out, any timer will do.
   */
  untilWaiting(isMeant?: (remainingMs: number) => boolean): Promise<void>;
  /**
   * Lets time pass whenever somebody waits for a short while, until the work is done: an app gets through the pauses
   * between its tries. Longer timers, such as its time-outs, are not waited for.
   *
   * @param pauseMaxMs what is a short while; left out, five seconds.
   * @returns what the work gives, or rejects as it does.
   */
  patiently<Result>(work: Promise<Result>, pauseMaxMs?: number): Promise<Result>;
}

/** Not at once: who starts a timer goes on before it rings. The real one, also where a test fakes the timers. */
const { setTimeout: startTimer } = globalThis;
const laterOn = (callback: () => void) => startTimer(callback, 0);

interface Timer {
  readonly dueAt: number;
  readonly ring: () => void;
}

/** @param start left out, the beginning of 2030. */
export function createTestClock(start: Date = new Date('2030-01-01T00:00:00Z')): TestClock {
  const timers = new Set<Timer>();
  const watchers = new Set<() => void>();
  /** Time that has passed; `offsetMs` is what the clock shows beyond it. */
  let elapsedMs = 0;
  let offsetMs = start.getTime();

  /** Rings what comes due until then, each timer at its moment. */
  function passUntil(until: number): void {
    for (;;) {
      const [next] = soonestFirst();
      if (!next || next.dueAt > until) break;
      timers.delete(next);
      elapsedMs = Math.max(elapsedMs, next.dueAt);
      next.ring();
    }
    elapsedMs = until;
  }

  const soonestFirst = () => [...timers].sort((a, b) => a.dueAt - b.dueAt);
  const remaining = () => soonestFirst().map(({ dueAt }) => dueAt - elapsedMs);

  return {
    now: () => offsetMs + elapsedMs,
    after(delayMs, ring) {
      const timer = { dueAt: elapsedMs + Math.max(0, delayMs), ring };
      timers.add(timer);
      for (const look of watchers) look();
      return () => void timers.delete(timer);
    },
    advance(ms) {
      if (!(ms >= 0)) throw new RangeError('time only passes forwards; use `jump` to set the clock back');
      passUntil(elapsedMs + ms);
    },
    jump(ms) {
      offsetMs += ms;
    },
    get waiting() {
      return remaining();
    },
    untilWaiting(isMeant = () => true) {
      return new Promise((resolve) => {
        const look = () => {
          if (!remaining().some(isMeant)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      });
    },
    async patiently(work, pauseMaxMs = 5_000) {
      let isOver = false;
      const passPause = () => {
        const [soonest] = soonestFirst();
        if (isOver || !soonest || soonest.dueAt - elapsedMs > pauseMaxMs) return;
        passUntil(soonest.dueAt);
        look();
      };
      const look = () => void laterOn(passPause);
      watchers.add(look);
      look();
      try {
        return await work;
      } finally {
        isOver = true;
        watchers.delete(look);
      }
    },
  };
}
