import { beforeEach, describe, expect, it } from 'vitest';
import { createManualClock, type ManualClock, settled } from '../../src/api/manual-clock.fixtures.ts';
import {
  createMemoryStore,
  type LicenseState,
  ThriveLicense,
  type ThriveLicenseOptions,
} from '../../src/index.ts';
import { createEmulator, createTestMachine, type Emulator } from '../../src/testing/index.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

let clock: ManualClock;
let emulator: Emulator;
let answersAwaited = 0;
beforeEach(async () => {
  answersAwaited = 0;
  clock = createManualClock(Date.UTC(2030, 0, 1), () => answersAwaited > 0);
  emulator = await createEmulator({ clock });
});
const appWith = (options: Partial<ThriveLicenseOptions> = {}) =>
  new ThriveLicense({
    ...emulator.connection,
    fetch: async (url, init) => {
      answersAwaited += 1;
      return emulator.fetch(url, init).finally(() => {
        answersAwaited -= 1;
      });
    },
    storage: createMemoryStore(),
    device: createTestMachine(),
    // No jitter, so that a test can say when.
    random: (count) => (count === 4 ? new Uint8Array(count) : crypto.getRandomValues(new Uint8Array(count))),
    ...options,
  });

/** Goes on as a laptop does that sleeps for 59 minutes of each hour, where no timer runs: that makes days short. */
async function live(ms: number): Promise<void> {
  const end = clock.now() + ms;
  while (clock.now() + hourMs <= end) {
    clock.set(clock.now() + hourMs - minuteMs);
    await clock.advance(minuteMs);
  }
  await clock.advance(Math.max(0, end - clock.now()));
}
const since = (count: number) => emulator.requests.slice(count).filter(({ call }) => call !== 'keys');

describe('in the background', () => {
  it('a lease is refreshed before it ends, again and again', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    const changes: string[] = [];
    app.on('change', ({ state }) => changes.push(state.status));
    app.on('warning', ({ code }) => changes.push(code));
    const before = emulator.requests.length;
    app.start();
    await live(70 * dayMs);
    app.stop();
    expect(app.check()).toMatchObject({ status: 'active', isLicensed: true });
    expect(since(before).length).toBeGreaterThanOrEqual(9);
    expect(since(before).length).toBeLessThanOrEqual(12);
    expect(changes).toEqual([]);
  });

  it('the timers keep no process alive, and stop ends them', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    app.start();
    await settled();
    expect(clock.timers.map(({ isBackground }) => isBackground)).toEqual([true]);
    app.stop();
    expect(clock.timers).toEqual([]);
    app.start();
    app.stop();
    await settled();
    expect(clock.timers).toEqual([]);
  });

  it('a server that is away is asked less and less, and the app is told once: grace, end, and return', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    const told: string[] = [];
    app.on('change', ({ state }) => told.push(state.status));
    app.on('warning', ({ code }) => told.push(`warning ${code}`));
    app.start();
    emulator.faults.set('offline');
    const before = emulator.requests.length;
    await live(22 * dayMs);
    expect(told).toEqual(['warning NETWORK_ERROR', 'grace', 'warning IN_GRACE', 'expired']);
    // Some fifteen days of asking, three tries each: at first every few minutes, later every six hours.
    expect(since(before).length).toBeGreaterThan(150);
    expect(since(before).length).toBeLessThan(250);

    emulator.faults.clear();
    await live(7 * hourMs);
    app.stop();
    expect(told.slice(4)).toEqual(['active']);
    expect(app.check()).toMatchObject({ status: 'active', warning: null });
  });

  it('a suspension arrives with the next refresh, and so does its end', async () => {
    const app = appWith();
    const license = emulator.addLicense();
    await app.activate(license.key);
    app.start();
    license.suspend();
    await live(8 * dayMs);
    expect(app.check().status).toBe('suspended');
    license.reinstate();
    await live(7 * hourMs);
    app.stop();
    expect(app.check().status).toBe('active');
  });

  it('what is final is not asked for again', async () => {
    const app = appWith();
    const license = emulator.addLicense();
    await app.activate(license.key);
    license.revoke();
    app.start();
    await live(8 * dayMs);
    expect(app.check().status).toBe('revoked');
    const before = emulator.requests.length;
    await live(10 * dayMs);
    app.stop();
    expect(since(before)).toEqual([]);
  });

  it('a laptop that slept for twenty days wakes up, and has its lease within a minute', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    app.start();
    await live(hourMs);
    clock.set(clock.now() + 20 * dayMs);
    expect(app.check().status).toBe('grace');
    await clock.advance(minuteMs);
    app.stop();
    expect(app.check().status).toBe('active');
  });

  it('a clock that was set back does not put off the next try for as long', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    app.start();
    emulator.faults.set('offline');
    await live(12 * dayMs);
    clock.set(clock.now() - 3 * dayMs);
    emulator.faults.clear();
    await live(6 * hourMs);
    clock.set(clock.now() + 3 * dayMs);
    await live(hourMs);
    app.stop();
    expect(app.check()).toMatchObject({ status: 'active', warning: null });
  });

  it('an exchanged part is enrolled at once, and asked about once', async () => {
    const [storage, machine] = [createMemoryStore(), createTestMachine()];
    await appWith({ storage, device: machine }).activate(emulator.addLicense().key);
    machine.replaceParts('mac');
    const app = appWith({ storage, device: machine });
    const before = emulator.requests.length;
    app.start();
    await live(2 * dayMs);
    app.stop();
    expect(since(before).map(({ call }) => call)).toEqual(['validate']);
  });

  it('a server that asks for an hour is left alone for an hour', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense().key);
    app.start();
    await live(6 * dayMs);
    emulator.faults.set({ fault: '429', retryAfterSeconds: 3_600 });
    clock.set(clock.now() + 2 * dayMs);
    const before = emulator.requests.length;
    await clock.advance(50 * minuteMs);
    expect(since(before)).toHaveLength(1);
    await clock.advance(60 * minuteMs);
    app.stop();
    expect(since(before)).toHaveLength(2);
  });

  it('an app that starts without a license asks for nothing, and notices an activation in another window', async () => {
    const [storage, machine] = [createMemoryStore(), createTestMachine()];
    const app = appWith({ storage, device: machine });
    const told: string[] = [];
    app.on('change', ({ state }) => told.push(state.status));
    app.start();
    await live(dayMs);
    expect(emulator.requests).toEqual([]);
    await appWith({ storage, device: machine }).activate(emulator.addLicense().key);
    await clock.advance(minuteMs);
    app.stop();
    expect(told).toEqual(['unlicensed', 'active']);
  });

  it('stop ends a refresh under way, unless somebody waits for it', async () => {
    for (const isAwaited of [false, true]) {
      let open = () => {};
      let gate = Promise.resolve();
      const app = appWith({
        fetch: async (url, init) => {
          await gate;
          return emulator.fetch(url, init);
        },
      });
      await app.activate(emulator.addLicense().key);
      const before = app.check();
      gate = new Promise((resolve) => {
        open = resolve;
      });
      clock.set(clock.now() + 8 * dayMs);
      app.start();
      await settled();
      expect(clock.timers.map(({ isBackground }) => isBackground)).toEqual([false]);
      const asked = isAwaited ? app.validate() : null;
      app.stop();
      await settled();
      expect(clock.timers).toHaveLength(isAwaited ? 1 : 0);
      open();
      if (asked) expect(await asked).toMatchObject({ code: 'VALID' });
      else expect(app.check()).toEqual(before);
      await settled();
      expect(clock.timers).toEqual([]);
    }
  });

  it('a floating lease of ten minutes is kept, and survives a server that is away for three', async () => {
    const app = appWith();
    await app.activate(emulator.addLicense({ type: 'floating' }).key);
    app.start();
    await clock.advance(hourMs);
    expect(app.check().status).toBe('active');
    emulator.faults.set('offline');
    await clock.advance(3 * minuteMs);
    emulator.faults.clear();
    for (let minute = 0; minute < 30; minute += 1) {
      await clock.advance(minuteMs);
      expect(app.check().isLicensed).toBe(true);
    }
    app.stop();
  });

  it('a program that runs for a moment refreshes when it is due, and waits three seconds at most', async () => {
    const [storage, machine] = [createMemoryStore(), createTestMachine()];
    const run = () => appWith({ storage, device: machine }).refreshIfDue();
    await appWith({ storage, device: machine }).activate(emulator.addLicense().key);
    const before = emulator.requests.length;
    expect(await run()).toMatchObject({ status: 'active' });
    expect(since(before)).toHaveLength(0);

    clock.set(clock.now() + 8 * dayMs);
    const endOf = (state: LicenseState) => ('validUntil' in state ? state.validUntil.getTime() : 0);
    expect(endOf(await run()) - clock.now()).toBe(14 * dayMs);
    expect(since(before)).toHaveLength(1);

    clock.set(clock.now() + 8 * dayMs);
    const hanging = appWith({ storage, device: machine, fetch: () => new Promise(() => {}) });
    const asked = hanging.refreshIfDue();
    await clock.advance(3_000);
    expect(await asked).toMatchObject({ status: 'active', warning: { code: 'TIMEOUT' } });
    expect(clock.timers).toEqual([]);
  });

  it('without a license it asks nobody', async () => {
    expect(await appWith().refreshIfDue()).toMatchObject({ status: 'unlicensed', reason: 'never_activated' });
    expect(emulator.requests).toEqual([]);
  });
});
