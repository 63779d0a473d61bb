import { afterAll, beforeAll, beforeEach, describe } from 'vitest';
import { createMemoryStore, ThriveLicense, type ThriveLicenseOptions } from '../../src/index.ts';
import {
  createEmulator,
  createTestClock,
  createTestMachine,
  type TestClock,
} from '../../src/testing/index.ts';
import { type RealServer, startRealServer } from './server-process.ts';

/** A license to sell. What is left out is one seat, for ever. */
export interface Sold {
  readonly deviceLimit?: number;
  readonly durationDays?: number;
  readonly features?: Readonly<Record<string, boolean | number | string>>;
}

/** A license of the vendor, and what he can do to it. */
export interface Bought {
  readonly id: string;
  readonly key: string;
  revoke(): Promise<unknown>;
  suspend(): Promise<unknown>;
  reinstate(): Promise<unknown>;
  removeDevice(deviceId: string): Promise<unknown>;
  /** Gives the new key; the old one finds nothing any more. */
  rotateKey(): Promise<string>;
  /** Answers a `.lreq` with a `.lic`. */
  issueFile(request: string): Promise<string>;
  seatsUsed(): Promise<number>;
}

/** The vendor's side of a scenario, in memory or for real. */
export interface Stage {
  /** Of the apps, and of the server as often as it comes up. */
  readonly clock: TestClock;
  readonly connection: Pick<ThriveLicenseOptions, 'baseUrl' | 'channelKey' | 'productId' | 'rootKeys'> & {
    readonly fetch: typeof fetch;
    readonly clock: TestClock;
  };
  sell(license?: Sold): Promise<Bought>;
  goDown(): Promise<void>;
  comeBack(): Promise<void>;
  rotateSigningKey(): Promise<void>;
}

/** Runs the same scenarios against the emulator and against a real server in a process of its own. */
export function eachServer(scenarios: (stage: () => Stage) => void): void {
  describe('with the emulator', () => {
    let stage: Stage;
    beforeEach(async () => {
      stage = await emulatedStage();
    });
    scenarios(() => stage);
  });

  describe('with a real server', () => {
    let server: RealServer;
    let stage: Stage;
    beforeAll(async () => {
      server = await startRealServer();
    });
    beforeEach(async () => {
      if (!server.isRunning) await server.comeBack(server.now());
      stage = realStage(server);
    });
    afterAll(() => server.remove());
    scenarios(() => stage);
  });
}

/** An app on a machine of its own: nothing stored yet. */
export function appOn(
  stage: Stage,
  machine = createTestMachine(`machine-${machines++}`),
  options: Partial<ThriveLicenseOptions> = {},
): ThriveLicense {
  return new ThriveLicense({
    ...stage.connection,
    storage: createMemoryStore(),
    device: machine,
    ...options,
  });
}
let machines = 1;

/**
 * Lets time pass until something has happened, as far as an app waits between its tries. Its time-outs of ten seconds
 * are left alone: they are for servers that do not answer, and a real one takes its time.
 */
export async function patiently<Result>(clock: TestClock, work: Promise<Result>): Promise<Result> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  over.catch(() => {});
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve));
    const [soonest] = clock.waiting;
    if (soonest !== undefined && soonest < 10_000) clock.advance(soonest);
  }
  return over;
}

async function emulatedStage(): Promise<Stage> {
  const clock = createTestClock();
  const emulator = await createEmulator({ clock });
  return {
    clock,
    connection: { ...emulator.connection, clock },
    async sell(sold = {}) {
      const license = emulator.addLicense(sold);
      return {
        id: license.id,
        key: license.key,
        revoke: async () => license.revoke(),
        suspend: async () => license.suspend(),
        reinstate: async () => license.reinstate(),
        removeDevice: async (deviceId) => license.removeDevice(deviceId),
        async rotateKey() {
          license.rotateKey();
          return license.key;
        },
        issueFile: (request) => license.issueFile(request),
        seatsUsed: async () => license.devicesUsed,
      };
    },
    goDown: async () => emulator.faults.set('offline'),
    comeBack: async () => emulator.faults.clear(),
    rotateSigningKey: () => emulator.rotateSigningKey(),
  };
}

function realStage(server: RealServer): Stage {
  const clock = createTestClock(new Date(server.now()));
  const { baseUrl, channelKey, productId, rootKeys } = server;
  return {
    clock,
    connection: { baseUrl, channelKey, productId, rootKeys, fetch, clock },
    async sell({ deviceLimit = 1, durationDays, features = {} } = {}) {
      const { id, key } = await server.admin<{ id: string; key: string }>('POST', '/licenses', {
        product_id: productId,
        device_limit: deviceLimit,
        features,
        ...(durationDays !== undefined && { duration_days: durationDays }),
      });
      const license = `/licenses/${id}`;
      return {
        id,
        key,
        revoke: () => server.admin('POST', `${license}/revoke`, {}),
        suspend: () => server.admin('POST', `${license}/suspend`, {}),
        reinstate: () => server.admin('POST', `${license}/reinstate`, {}),
        removeDevice: (deviceId) => server.admin('DELETE', `${license}/devices/${deviceId}`),
        rotateKey: async () => (await server.admin<{ key: string }>('POST', `${license}/rotate-key`, {})).key,
        async issueFile(request) {
          const body = { request: JSON.parse(request) };
          return JSON.stringify(
            (await server.admin<{ file: object }>('POST', `${license}/license-file`, body)).file,
          );
        },
        seatsUsed: async () => (await server.admin<{ devices_used: number }>('GET', license)).devices_used,
      };
    },
    goDown: () => server.stop(),
    comeBack: () => server.comeBack(clock.now()),
    async rotateSigningKey() {
      await server.stop();
      await server.thrive('signing-key', 'rotate');
      // The new key signs five minutes later, when every server has heard of it.
      clock.advance(6 * 60_000);
      await server.comeBack(clock.now());
    },
  };
}
