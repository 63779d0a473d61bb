import { secondMs } from './clock.ts';
import type { Logger } from './logger.ts';

const flushEveryMs = 2 * secondMs;
/** A transaction writes no more of them: activations wait for it. */
const writtenAtOnceMax = 100;

/** Notes when things were last seen, in batches: a crash loses at most the last two seconds of it, and no right. */
export interface BatchedTimes {
  note(id: string, now: number): void;
  flush(): Promise<void>;
  /** Writes what is left and stops. */
  close(): Promise<void>;
}

export function createBatchedTimes(
  log: Logger,
  write: (batch: ReadonlyMap<string, number>) => Promise<void>,
): BatchedTimes {
  let noted = new Map<string, number>();
  // One after the other, so that whoever waits for a flush waits for the one before it too.
  let writing: Promise<void> = Promise.resolve();
  const writeNoted = async () => {
    if (noted.size === 0) return;
    const batch = noted;
    noted = new Map();
    // In one order for all: two transactions that lock the same rows in different orders would wait for each other.
    const inOrder = [...batch].sort(([a], [b]) => (a < b ? -1 : 1));
    for (let start = 0; start < inOrder.length; start += writtenAtOnceMax) {
      await write(new Map(inOrder.slice(start, start + writtenAtOnceMax)));
    }
  };
  const flush = () => {
    writing = writing.catch(() => {}).then(writeNoted);
    return writing;
  };
  const timer = setInterval(() => {
    flush().catch((error: unknown) => log.warn({ err: error }, 'last-seen times were not written'));
  }, flushEveryMs);
  timer.unref();
  return {
    note: (id, now) => void noted.set(id, now),
    flush,
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}
