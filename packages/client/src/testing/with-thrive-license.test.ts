import { describe, expect, test } from 'vitest';
import { createMemoryStore, ThriveLicense } from '../index.ts';
import { createEmulator } from './create-emulator.ts';
import { createTestClock } from './test-clock.ts';
import { createTestMachine } from './test-machine.ts';

const dayMs = 86_400_000;

/** As an integrator begins. */
async function begin() {
  const clock = createTestClock();
  const emulator = await createEmulator({ clock });
  const bought = emulator.addLicense({ deviceLimit: 1 });
  const install = (name: string) =>
    new ThriveLicense({
      ...emulator.connection,
      storage: createMemoryStore(),
      device: createTestMachine(name),
    });
  return { clock, emulator, bought, install, app: install('studio') };
}

describe('an app under test with the emulator', () => {
  test('activates, and lives through weeks without a network', async () => {
    const { clock, emulator, bought, app } = await begin();
    await app.activate(bought.key);
    expect(app.check().status).toBe('active');
    emulator.faults.set('offline');
    clock.advance(15 * dayMs);
    expect(app.check().status).toBe('grace');
    clock.advance(7 * dayMs);
    expect(app.check()).toMatchObject({ status: 'expired', isLicensed: false });
  });

  test('tries again when the server stumbles', async () => {
    const { clock, emulator, bought, app } = await begin();
    emulator.faults.next({ fault: '500', on: 'activate' }, 2);
    const { state } = await clock.patiently(app.activate(bought.key));
    expect(state.status).toBe('active');
    const outcomes = emulator.requests
      .filter(({ call }) => call === 'activate')
      .map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['INTERNAL_ERROR', 'INTERNAL_ERROR', 'activated']);
  });

  test('gives up on a server that does not answer in time, and keeps its lease', async () => {
    const { clock, emulator, bought, app } = await begin();
    await app.activate(bought.key);
    emulator.faults.set({ fault: 'slow', ms: 3_600_000 });
    const validated = app.validate().catch((error: unknown) => error);
    for (let attempt = 0; attempt < 3; attempt++) {
      await clock.untilWaiting((remainingMs) => remainingMs === 3_600_000);
      clock.advance(10_000);
      if (attempt === 2) break;
      await clock.untilWaiting((remainingMs) => remainingMs <= 1000);
      clock.advance(1000);
    }
    await validated;
    expect(app.check()).toMatchObject({ status: 'active', warning: { code: 'TIMEOUT' } });
  });

  test('believes a proven refusal, and no other', async () => {
    const { emulator, bought, app } = await begin();
    await app.activate(bought.key);
    emulator.faults.next('unproven_refusal');
    await app.validate().catch(() => {});
    expect(app.check().isLicensed).toBe(true);
    bought.revoke();
    await app.validate();
    expect(app.check()).toMatchObject({ status: 'revoked', isLicensed: false });
  });

  test('offers to free a seat when all are taken', async () => {
    const { emulator, bought, app, install } = await begin();
    await app.activate(bought.key);
    const other = install('laptop');
    await other.activate(bought.key).catch(() => {});
    expect(other.check()).toMatchObject({ status: 'device_limit', isLicensed: false });
    await other.activate(bought.key, { replaceDeviceId: emulator.devices()[0]?.id });
    expect(other.check().status).toBe('active');
    expect(bought.devices().map(({ name, isActive }) => [name, isActive])).toEqual([
      ['studio', false],
      ['laptop', true],
    ]);
  });

  test('works on a machine without a network, by files', async () => {
    const { emulator, bought, app } = await begin();
    emulator.faults.set('offline');
    const answer = await bought.issueFile(await app.exportRequest(), { leaseDays: 365 });
    await app.importLicense(answer);
    expect(app.check().status).toBe('active');
  });
});
