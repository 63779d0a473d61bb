import { afterAll, beforeAll } from 'vitest';
import { compose, type Platform } from '../../src/compose.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import type { PaymentProvider } from '../../src/modules/billing/index.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createTestDatabase, type DatabaseKind, type TestDatabase } from './each-database.ts';

/** A clock that stands still until it is told to move. Starts at the real time, so that outside verifiers agree. */
export class TestClock implements Clock {
  #now = Date.now();

  now(): number {
    return this.#now;
  }

  /** Moves time on, or back with a negative number. */
  advance(ms: number): void {
    this.#now += ms;
  }

  set(epochMs: number): void {
    this.#now = epochMs;
  }
}

/** A running server on a free port, with a clock of its own. */
export interface TestServer {
  readonly platform: Platform;
  readonly clock: TestClock;
  readonly baseUrl: string;
  /** What was logged, line by line. */
  readonly logLines: string[];
}

interface Settings
  extends Partial<
    Pick<
      Config,
      | 'unauthenticatedPerMinute'
      | 'wrongLicenseKeysPerMinute'
      | 'planFile'
      | 'webhookAllowedNetworks'
      | 'webhookAllowHttp'
      | 'adminMarksPaid'
      | 'seller'
    >
  > {
  readonly sending?: Parameters<typeof compose>[0]['sending'];
  readonly paymentProvider?: PaymentProvider;
}

/** No test asks the network for a name, nor waits long for a receiver. */
export const sendingInTests = {
  resolve: async (hostname: string): Promise<never> => {
    throw new Error(`Tests know no ${hostname}.`);
  },
  limits: { connectMs: 500, totalMs: 1_000 },
};

/** Webhooks may go to receivers that a test runs itself. */
export const webhooksToThisMachine = { webhookAllowedNetworks: ['127.0.0.0/8'], webhookAllowHttp: true };

/** Starts a server before the tests of a `describe` and removes every trace of it after them. */
export function useServer(kind: DatabaseKind, settings: Settings = {}): TestServer {
  const { sending, paymentProvider, ...config } = settings;
  const clock = new TestClock();
  const logLines: string[] = [];
  let database: TestDatabase | undefined;
  let platform: Platform | undefined;
  let baseUrl = '';

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    platform = await compose({
      config: {
        ...readConfig({ DATA_DIR: database.dataDir, DATABASE_URL: database.databaseUrl }),
        port: 0,
        // Tests of this limit set their own; the others must not meet it.
        unauthenticatedPerMinute: 1_000_000,
        wrongLicenseKeysPerMinute: 1_000_000,
        ...config,
      },
      log: createLogger('info', { write: (line) => logLines.push(line) }),
      clock,
      sending: { ...sendingInTests, ...sending },
      ...(paymentProvider && { paymentProvider }),
    });
    baseUrl = await platform.app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterAll(async () => {
    await platform?.close();
    await database?.remove();
  });

  return {
    get platform() {
      if (!platform) throw new Error('The server runs only inside tests.');
      return platform;
    },
    clock,
    get baseUrl() {
      return baseUrl;
    },
    logLines,
  };
}
