import { randomBytes } from 'node:crypto';
import { generateLicenseKey } from '@thrivetech/lease';
import { describe, expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createTestMachine } from '../../src/testing/index.ts';
import { appOn, eachServer, patiently } from '../support/each-server.ts';

eachServer((stage) => {
  it('a full license is told with its seats, and a device of which the user knows the id makes room', async () => {
    const license = await stage().sell({ deviceLimit: 1 });
    const [old, next] = [appOn(stage()), appOn(stage())];
    await old.activate(license.key);

    const refusal = { code: 'DEVICE_LIMIT_REACHED', details: { limit: 1, used: 1 }, retryable: false };
    await expect(next.activate(license.key)).rejects.toMatchObject(refusal);
    expect(next.check()).toMatchObject({
      status: 'device_limit',
      seats: { limit: 1, used: 1 },
      isLicensed: false,
    });

    const { deviceId } = old.check();
    expect(deviceId).toMatch(/^dev_/);
    const { result } = await next.activate(license.key, { replaceDeviceId: String(deviceId) });
    expect(result).toBe('replaced');
    expect(next.check().status).toBe('active');
    expect(await license.seatsUsed()).toBe(1);

    expect(await old.validate()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED', isProven: true });
    expect(old.check()).toMatchObject({ status: 'unlicensed', reason: 'deactivated' });
  });

  it('an answer that was lost after the server had committed costs no second seat', async () => {
    const { clock, connection, sell } = stage();
    const license = await sell({ deviceLimit: 3 });
    let lost = 0;
    const app = appOn(stage(), undefined, {
      fetch: async (url, init) => {
        const answer = await connection.fetch(url, init);
        if (!String(url).endsWith('/activate') || lost === 2) return answer;
        lost += 1;
        throw new TypeError('the connection was reset');
      },
    });
    expect((await patiently(clock, app.activate(license.key))).result).toBe('already_active');
    expect(lost).toBe(2);
    expect(await license.seatsUsed()).toBe(1);
  });

  it('a double click, a second window and a reinstallation take one seat', async () => {
    const license = await stage().sell({ deviceLimit: 3 });
    const machine = createTestMachine('clicked');
    const app = appOn(stage(), machine);
    const [window, reinstalled] = [appOn(stage(), machine), appOn(stage(), machine)];
    await Promise.all([app, app, window].map((one) => one.activate(license.key)));
    expect((await reinstalled.activate(license.key)).result).toBe('already_active');
    expect(await license.seatsUsed()).toBe(1);
  });

  it('a seat that is given up is free, and key and lease are gone from the machine', async () => {
    const license = await stage().sell();
    const storage = createMemoryStore();
    const app = appOn(stage(), undefined, { storage });
    await app.activate(license.key);
    expect((await app.deactivate()).result).toBe('deactivated');
    expect(await license.seatsUsed()).toBe(0);
    expect(app.check()).toMatchObject({ status: 'unlicensed', reason: 'deactivated' });
    expect(JSON.stringify(storage.read())).not.toContain(license.key);
    await expect(app.validate()).rejects.toMatchObject({ code: 'NOT_ACTIVATED' });
    await expect(app.deactivate()).rejects.toMatchObject({ code: 'NOT_ACTIVATED' });
    await app.activate(license.key);
    expect(app.check().status).toBe('active');
  });

  it('a seat is not given up while nobody hears of it', async () => {
    const { clock, sell, goDown, comeBack } = stage();
    const license = await sell();
    const app = appOn(stage());
    await app.activate(license.key);
    await goDown();
    await expect(patiently(clock, app.deactivate())).rejects.toMatchObject({ code: 'NETWORK_ERROR' });
    expect(app.check().status).toBe('active');
    await comeBack();
    await app.deactivate();
    expect(await license.seatsUsed()).toBe(0);
  });

  it('going from a trial to a paid license takes one seat of it', async () => {
    const license = await stage().sell({ deviceLimit: 1 });
    const app = appOn(stage());
    await app.startTrial();
    await app.activate(license.key);
    expect(app.check()).toMatchObject({ status: 'active', license: { id: license.id } });
    expect(await license.seatsUsed()).toBe(1);
    await expect(app.startTrial()).rejects.toMatchObject({ code: 'ALREADY_LICENSED' });
  });

  describe('a license key', () => {
    it('that is mistyped is noticed without asking anybody', async () => {
      const app = appOn(stage(), undefined, {
        fetch: () => Promise.reject(new Error('nobody must be asked')),
      });
      const { key } = await stage().sell();
      const typo = key.replace(/^./, (first) => (first === 'X' ? 'Y' : 'X'));
      for (const typed of ['', 'hello', typo, key.slice(1), `${key}7`, undefined as never])
        await expect(app.activate(typed)).rejects.toMatchObject({ code: 'INVALID_LICENSE_KEY' });
    });

    it('is taken as people type it', async () => {
      const { key } = await stage().sell();
      expect((await appOn(stage()).activate(` ${key.toLowerCase().replaceAll('-', ' ')}\n`)).result).toBe(
        'activated',
      );
    });

    it('that is unknown is refused, and takes nothing from the license that is here', async () => {
      const [mine, gone] = [await stage().sell(), keyOfNobody()];
      const app = appOn(stage());
      await expect(app.activate(gone)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND', status: 404 });
      expect(app.check()).toMatchObject({ status: 'unlicensed', reason: 'never_activated' });
      await app.activate(mine.key);
      await expect(app.activate(gone)).rejects.toMatchObject({ code: 'RESOURCE_NOT_FOUND' });
      expect(app.check()).toMatchObject({ status: 'active', warning: null });
    });
  });
});

/** Rightly made, and sold to nobody. */
const keyOfNobody = () => generateLicenseKey(randomBytes);
