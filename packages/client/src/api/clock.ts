/** Time, handed in so that a test can move it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /**
   * Calls back once after so many milliseconds, and gives what cancels that. Left out, the timers of the platform are
   * used.
   *
   * @param isBackground the timer must not keep the process alive.
   */
  after?(delayMs: number, callback: () => void, isBackground?: boolean): () => void;
}

/** The wall clock, and the timers of the platform. */
export const systemClock: Required<Clock> = {
  now: Date.now,
  after: (delayMs, callback, isBackground = false) => {
    const timer: unknown = setTimeout(callback, delayMs);
    // In Node a timer is an object that can let go of the process; in a browser it is a number.
    if (isBackground && typeof timer === 'object') (timer as { unref?(): void } | null)?.unref?.();
    return () => clearTimeout(timer as ReturnType<typeof setTimeout>);
  },
};

/** With the platform's timers for what a clock does not bring. */
export const withTimers = (clock: Clock): Required<Clock> => ({
  now: () => clock.now(),
  after: (...timer) => (clock.after ? clock.after(...timer) : systemClock.after(...timer)),
});
