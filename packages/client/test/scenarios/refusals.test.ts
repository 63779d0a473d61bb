import { describe, expect, it } from 'vitest';
import { createMemoryStore, ThriveLicense } from '../../src/index.ts';
import { createEmulator, createTestClock, createTestMachine } from '../../src/testing/index.ts';
import { appOn, type Bought, eachServer, patiently } from '../support/each-server.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;

eachServer((stage) => {
  it.each([
    ['revoked', 'LICENSE_REVOKED', (license: Bought) => license.revoke(), { status: 'revoked' }],
    ['suspended', 'LICENSE_SUSPENDED', (license: Bought) => license.suspend(), { status: 'suspended' }],
    [
      'freed by the vendor',
      'DEVICE_NOT_ACTIVATED',
      (license: Bought, deviceId: string) => license.removeDevice(deviceId),
      { status: 'unlicensed', reason: 'deactivated' },
    ],
  ] as const)(
    'a license that was %s ends at the next word of the server, and stays so offline',
    async (_case, code, act, expected) => {
      const { clock, sell, goDown } = stage();
      const license = await sell({ durationDays: 365 });
      const app = appOn(stage());
      await app.activate(license.key);
      await act(license, String(app.check().deviceId));
      expect(app.check().status).toBe('active');
      expect(await app.validate()).toMatchObject({ code, isProven: true });
      expect(app.check()).toMatchObject({ ...expected, isLicensed: false });
      await goDown();
      clock.advance(3 * dayMs);
      expect(app.check()).toMatchObject({ ...expected, isLicensed: false });
    },
  );

  it('a license that was reinstated works again', async () => {
    const license = await stage().sell();
    const app = appOn(stage());
    await app.activate(license.key);
    await license.suspend();
    await app.validate();
    await license.reinstate();
    expect(await app.validate()).toMatchObject({ code: 'VALID', isProven: true });
    expect(app.check().status).toBe('active');
  });

  it('a license that ended says so, in grace and after it', async () => {
    const { clock, sell, comeBack } = stage();
    const license = await sell({ durationDays: 10 });
    const app = appOn(stage());
    await app.activate(license.key);
    clock.advance(12 * dayMs);
    expect(app.check()).toMatchObject({ status: 'grace', reason: 'license_ended', isLicensed: true });
    clock.advance(6 * dayMs);
    await comeBack();
    expect(await app.validate()).toMatchObject({ code: 'LICENSE_EXPIRED', isProven: true });
    expect(app.check()).toMatchObject({ status: 'expired', reason: 'license_ended', isLicensed: false });
    await expect(appOn(stage()).activate(license.key)).rejects.toMatchObject({ code: 'LICENSE_EXPIRED' });
  });

  it('a key that was replaced is told without proof: the lease goes on, and the new key takes no seat', async () => {
    const license = await stage().sell();
    const app = appOn(stage());
    await app.activate(license.key);
    const key = await license.rotateKey();
    expect(await app.validate()).toMatchObject({ code: 'RESOURCE_NOT_FOUND', isProven: false });
    expect(app.check()).toMatchObject({ status: 'active', warning: { code: 'RESOURCE_NOT_FOUND' } });
    expect((await app.activate(key)).result).toBe('already_active');
    expect(app.check()).toMatchObject({ status: 'active', warning: null });
    expect(await license.seatsUsed()).toBe(1);
  });
});

describe('a floating seat', () => {
  async function floating() {
    const clock = createTestClock();
    const emulator = await createEmulator({ clock });
    const license = emulator.addLicense({ type: 'floating', deviceLimit: 1 });
    const app = (name: string) =>
      new ThriveLicense({
        ...emulator.connection,
        storage: createMemoryStore(),
        device: createTestMachine(name),
      });
    return { clock, license, a: app('machine-a'), b: app('machine-b') };
  }

  it('that lapsed while a laptop slept is taken again without the key, when one is free', async () => {
    const { clock, license, a, b } = await floating();
    await a.activate(license.key);
    clock.advance(11 * minuteMs);
    expect(a.check()).toMatchObject({ status: 'expired', isLicensed: false });
    await b.activate(license.key);

    await patiently(clock, a.validate());
    expect(a.check()).toMatchObject({ status: 'device_limit', isLicensed: false });
    await b.deactivate();
    expect(await a.validate()).toMatchObject({ code: 'VALID', isProven: true });
    expect(a.check()).toMatchObject({ status: 'active', isLicensed: true });
    expect(license.devicesUsed).toBe(1);
  });
});
