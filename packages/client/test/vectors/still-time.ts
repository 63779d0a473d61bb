/** A clock that jumps to the next timer whenever nothing else is left to do. */
export class StillTime {
  #now: number;
  readonly #timers = new Set<{ readonly at: number; readonly callback: () => void }>();

  constructor(now: number) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  /** Moves the clock alone, back as well. */
  set(now: number): void {
    this.#now = now;
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  async passUntil<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = promise.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      const [next] = [...this.#timers].toSorted((left, right) => left.at - right.at);
      if (isOver || next === undefined) continue;
      this.#timers.delete(next);
      this.#now = next.at;
      next.callback();
    }
    return over;
  }
}
