import type { Clock } from './clock.ts';

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  readonly isBackground: boolean;
}

/** Time that stands still until a test moves it, timers included. */
export interface ManualClock extends Required<Clock> {
  /** Goes on by so much; every timer on the way goes off in its order, and what it starts is waited for. */
  advance(ms: number): Promise<void>;
  /** Sets the wall clock as a person does, or as a laptop that wakes up: no timer notices. */
  set(now: number): void;
  /** Timers that are running. */
  readonly timers: readonly Timer[];
}

/** @param isBusy whether something is under way that time has to wait for, such as an answer. */
export function createManualClock(start: number, isBusy: () => boolean = () => false): ManualClock {
  let wall = start;
  // Timers run on a clock of their own, as those of an operating system do.
  let elapsed = 0;
  let timers: Timer[] = [];

  async function idle(): Promise<void> {
    do await turns(5);
    while (isBusy());
  }

  return {
    now: () => wall,
    after(delayMs, callback, isBackground = false) {
      const timer = { at: elapsed + delayMs, callback, isBackground };
      timers = [...timers, timer].sort((left, right) => left.at - right.at);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
    async advance(ms) {
      const end = elapsed + ms;
      await idle();
      for (let next = timers[0]; next && next.at <= end; next = timers[0]) {
        timers = timers.slice(1);
        wall += next.at - elapsed;
        elapsed = next.at;
        next.callback();
        await idle();
      }
      wall += end - elapsed;
      elapsed = end;
    },
    set(now) {
      wall = now;
    },
    get timers() {
      return timers;
    },
  };
}

/** Until all has happened that needs no timer and no network: a few turns of the event loop. */
export const settled = (): Promise<void> => turns(20);

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
