import { secondMs } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { Connections, Dialect } from './dialect/dialect.ts';

const lookEveryMs = secondMs / 2;

/**
 * Calls `onWrite` when another process, such as the command line tool, has written to the database. Where that cannot
 * be told, it is called every time: what it does must be cheap when nothing has changed.
 */
export function watchForeignWrites(
  dialect: Dialect,
  connections: Connections,
  onWrite: () => Promise<void>,
  log: Logger,
): { close(): void } {
  let last: number | null = null;
  const look = async () => {
    const current = await dialect.foreignWrites(connections.write);
    const isChanged = current === null || (last !== null && current !== last);
    // Noted only once it is dealt with: what fails is tried again.
    if (isChanged) await onWrite();
    last = current;
  };
  const lookAndLog = () => {
    look().catch((error: unknown) =>
      log.warn({ err: error }, 'could not look for writes of other processes'),
    );
  };
  lookAndLog();
  const timer = setInterval(lookAndLog, lookEveryMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
