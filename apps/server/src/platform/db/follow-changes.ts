import { minuteMs, secondMs } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Connections, Dialect } from './dialect/dialect.ts';

const lookEveryMs = secondMs / 4;
/** What a look shows is believed for so long. Beyond it nothing is kept from the database: it may have changed. */
const trustedForMs = secondMs;
/** Every process has long seen what is older. */
const keptMs = 10 * minuteMs;

/** Follows what other processes change. */
export interface ChangeFollower {
  /** Has it looked within the last second? */
  isUpToDate(): boolean;
  close(): Promise<void>;
}

/**
 * Drops from this process's caches what other processes have changed, within a second of their commit. While it cannot
 * look, nothing is cached: an old answer is worse than a slow one.
 *
 * @param invalidate is told what was changed.
 * @param clear anything may have changed.
 */
export function followChanges(
  dialect: Dialect,
  connections: Connections,
  { invalidate, clear, log }: { invalidate: (tags: string[]) => void; clear: () => void; log: Logger },
): ChangeFollower {
  const { changesSince } = dialect;
  // One process writes to this database, and knows what it does.
  if (!changesSince) return { isUpToDate: () => true, close: async () => {} };

  let mark: string | null = null;
  let lookedAt = Number.NEGATIVE_INFINITY;
  let forgotAt = 0;
  let running: Promise<void> = Promise.resolve();
  const isUpToDate = () => performance.now() - lookedAt < trustedForMs;

  const look = async () => {
    const beganAt = performance.now();
    const since = mark;
    const { mark: next, tags } = await changesSince(connections.read, since);
    // What was cached before the mark was set may be of any age.
    if (since === null || !isUpToDate()) clear();
    else invalidate(tags);
    mark = next;
    lookedAt = beganAt;
    if (beganAt - forgotAt > keptMs) {
      forgotAt = beganAt;
      await dialect.forgetChanges(connections.write, Date.now() - keptMs);
    }
  };
  const lookAndLog = () => {
    running = running.then(look).catch((error: unknown) => {
      log.warn({ err: error }, 'could not look for changes of other processes');
    });
  };
  lookAndLog();
  const timer = setInterval(lookAndLog, lookEveryMs);
  timer.unref();
  return {
    isUpToDate,
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}
