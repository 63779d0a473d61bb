import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore, ThriveLicense, type ThriveLicenseOptions } from '../../src/index.ts';
import {
  createEmulator,
  createTestClock,
  createTestMachine,
  type Emulator,
  type FaultSpec,
  type TestClock,
} from '../../src/testing/index.ts';
import { patiently } from '../support/each-server.ts';

const dayMs = 86_400_000;
let clock: TestClock;
let emulator: Emulator;
beforeEach(async () => {
  clock = createTestClock();
  emulator = await createEmulator({ clock });
});
const appWith = (options: Partial<ThriveLicenseOptions> = {}) =>
  new ThriveLicense({
    ...emulator.connection,
    storage: createMemoryStore(),
    device: createTestMachine(),
    ...options,
  });
const requestsSince = (count: number) => emulator.requests.length - count;

describe('a server in trouble', () => {
  it.each<[FaultSpec['fault'], Partial<FaultSpec>, object, number]>([
    ['offline', {}, { code: 'NETWORK_ERROR', retryable: true }, 3],
    ['500', {}, { code: 'INTERNAL_ERROR', status: 500, retryable: true }, 3],
    ['500', { status: 503 }, { status: 503, retryable: true }, 3],
    [
      '429',
      { retryAfterSeconds: 1 },
      { code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 1_000, retryable: true },
      3,
    ],
    ['429', { retryAfterSeconds: 3_600 }, { code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 3_600_000 }, 1],
    ['captive_portal', {}, { code: 'UNTRUSTED_ANSWER', retryable: true }, 1],
    ['truncated', {}, { code: 'UNTRUSTED_ANSWER' }, 1],
  ])(
    '(%s %o) never ends a valid lease; the app hears why, and it heals by itself',
    async (fault, spec, error, tries) => {
      const app = appWith();
      await app.activate(emulator.addLicense().key);
      const before = emulator.requests.length;
      emulator.faults.set({ fault, ...spec });

      await expect(patiently(clock, app.validate())).rejects.toMatchObject(error);
      expect(requestsSince(before)).toBe(tries);
      expect(app.check()).toMatchObject({
        status: 'active',
        isLicensed: true,
        warning: { code: expect.any(String) },
      });
      clock.advance(13 * dayMs);
      expect(app.check().isLicensed).toBe(true);

      emulator.faults.clear();
      await app.validate();
      expect(app.check()).toMatchObject({ status: 'active', warning: null });
    },
  );

  it('that does not answer at all is given up after three times ten seconds', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    emulator.faults.set({ fault: 'slow', ms: 3_600_000 });
    const asked = app.validate().catch((error: unknown) => error);
    const start = clock.now();
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      await clock.untilWaiting((ms) => ms === 10_000);
      clock.advance(10_000);
      if (attempt === 3) break;
      await clock.untilWaiting((ms) => ms <= 1_000);
      clock.advance(1_000);
    }
    expect(await asked).toMatchObject({ code: 'TIMEOUT', retryable: true });
    expect(clock.now() - start).toBe(32_000);
    expect(app.check()).toMatchObject({ status: 'active', warning: { code: 'TIMEOUT' } });
  });

  it('that is slow, and answers, is heard', async () => {
    const app = appWith();
    const { key } = emulator.addLicense();
    emulator.faults.next({ fault: 'slow', ms: 9_000, on: 'activate' });
    expect((await patiently(clock, app.activate(key))).result).toBe('activated');
  });

  it('and its published keys in trouble as well: nothing is believed, nothing is lost', async () => {
    const app = appWith();
    const { key } = emulator.addLicense();
    emulator.faults.set({ fault: 'captive_portal', on: 'keys' });
    await expect(app.activate(key)).rejects.toMatchObject({ code: 'UNTRUSTED_ANSWER' });
    expect(app.check().isLicensed).toBe(false);
    emulator.faults.clear();
    expect((await app.activate(key)).result).toBe('already_active');
  });
});

describe('one flight at a time', () => {
  it('a second validate joins the first', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    const before = emulator.requests.length;
    const [first, second] = await Promise.all([app.validate(), app.validate()]);
    expect(second).toBe(first);
    expect(requestsSince(before)).toBe(1);
    await app.validate();
    expect(requestsSince(before)).toBe(2);
  });

  it('activate waits until validate has ended', async () => {
    const app = appWith();
    const [first, second] = [emulator.addLicense(), emulator.addLicense()];
    await app.activate(first.key);
    await Promise.all([app.validate(), app.activate(second.key), app.validate()]);
    expect(app.check()).toMatchObject({ status: 'active', license: { id: second.id } });
  });

  it('what fails holds up nothing that comes after it', async () => {
    const app = appWith();
    const { key } = emulator.addLicense();
    const [wrong, right] = await Promise.allSettled([app.activate('wrong'), app.activate(key)]);
    expect([wrong.status, right.status]).toEqual(['rejected', 'fulfilled']);
  });
});
