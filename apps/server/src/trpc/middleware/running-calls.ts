/** Knows which calls are running, also those whose caller has hung up: their work goes on and needs the database. */
export interface RunningCalls {
  track<Result>(call: () => Promise<Result>): Promise<Result>;
  /** Resolves when no call is running. */
  idle(): Promise<void>;
}

export function createRunningCalls(): RunningCalls {
  const running = new Set<Promise<unknown>>();
  return {
    async track(start) {
      const call = start();
      running.add(call);
      try {
        return await call;
      } finally {
        running.delete(call);
      }
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
