import { t } from '../init.ts';

/** Knows which calls are running, also those whose caller has hung up: their work goes on and needs the database. */
export interface RunningCalls {
  readonly track: ReturnType<typeof t.middleware>;
  /** Resolves when no call is running. */
  idle(): Promise<void>;
}

export function createRunningCalls(): RunningCalls {
  const running = new Set<Promise<unknown>>();
  return {
    track: t.middleware(async ({ next }) => {
      const call = next();
      running.add(call);
      try {
        return await call;
      } finally {
        running.delete(call);
      }
    }),
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
