import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { TestDatabase } from './each-database.ts';
import { sendingInTests, TestClock, type TestServer } from './test-server.ts';

/** Starts a server on a database that outlives it: for restarts, and for two servers on one database. */
export async function startServer(
  database: TestDatabase,
  clock = new TestClock(),
  options: Pick<Parameters<typeof compose>[0], 'paymentProvider'> = {},
): Promise<TestServer & { stop(): Promise<void> }> {
  const logLines: string[] = [];
  const platform = await compose({
    config: {
      ...readConfig({ DATA_DIR: database.dataDir, DATABASE_URL: database.databaseUrl }),
      unauthenticatedPerMinute: 1_000_000,
      wrongLicenseKeysPerMinute: 1_000_000,
    },
    log: createLogger('info', { write: (line) => logLines.push(line) }),
    clock,
    sending: sendingInTests,
    ...options,
  });
  const baseUrl = await platform.app.listen({ host: '127.0.0.1', port: 0 });
  return { platform, clock, baseUrl, logLines, stop: () => platform.close() };
}
