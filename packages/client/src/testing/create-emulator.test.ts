import { describe, expect, test } from 'vitest';
import { ThriveError } from '../errors.ts';
import { createEmulator } from './create-emulator.ts';
import { createTestMachine } from './test-machine.ts';
import { nonce, startEmulator } from './testing.fixtures.ts';

const dayMs = 86_400_000;
const { device } = createTestMachine('studio');

describe('an emulator', () => {
  test('is complete without options: one product, with a trial', async () => {
    const { emulator, call } = await startEmulator();
    const { data } = await call('/activate/trial', { product_id: emulator.productId, device });
    expect(data.result).toBe('started');
    expect(emulator.licenses().map(({ type, status }) => [type, status])).toEqual([['trial', 'active']]);
  });

  test('goes by the wall clock when it is given none', async () => {
    const emulator = await createEmulator();
    expect(Math.abs(emulator.connection.clock.now() - Date.now())).toBeLessThan(1000);
  });

  test('has keys of its own: two never trust each other', async () => {
    const [one, other] = await Promise.all([createEmulator(), createEmulator()]);
    expect(one.rootKeys).not.toEqual(other.rootKeys);
    expect(one.channelKey).not.toBe(other.channelKey);
  });

  test('reaches nothing beyond itself', async () => {
    const { emulator } = await startEmulator();
    const rejected = expect(emulator.fetch('https://licenses.example/api/v1/activate')).rejects;
    await rejected.toThrow('fetch failed');
    expect(emulator.requests).toMatchObject([{ call: null, status: null }]);
  });

  test('writes down what was asked and how it was answered', async () => {
    const { emulator, call, clock } = await startEmulator();
    const { key } = emulator.addLicense();
    await call('/activate', { license_key: key, device });
    clock.advance(1000);
    await call('/activate/validate', { license_key: 'mistyped', device });
    await call('/activate/validate', {});
    expect(emulator.requests).toMatchObject([
      { call: 'activate', status: 201, outcome: 'activated', body: { license_key: key, device } },
      { call: 'validate', status: 200, outcome: 'RESOURCE_NOT_FOUND', at: new Date(clock.now()) },
      { call: 'validate', status: 400, outcome: 'VALIDATION_ERROR', body: {} },
    ]);
  });

  test('has the products and licenses that it was given', async () => {
    const emulator = await createEmulator({
      products: [
        { id: 'prd_studio', trialDays: null },
        { id: 'prd_plant', deviceLimit: 5, graceDays: 1 },
      ],
      licenses: [{ productId: 'prd_plant', durationDays: 30, features: { export: true } }],
    });
    expect(emulator.productId).toBe('prd_studio');
    expect(emulator.licenses()).toMatchObject([{ productId: 'prd_plant', type: 'timed', deviceLimit: 5 }]);
  });

  test('tells the author of a test what it cannot add', async () => {
    const { emulator } = await startEmulator();
    expect(() => emulator.addLicense({ productId: 'prd_unknown' })).toThrow(
      'There is no product prd_unknown.',
    );
    expect(() => emulator.addLicense({ key: 'DEMO-1234' })).toThrow(RangeError);
    await expect(createEmulator({ products: [] })).rejects.toThrow(RangeError);
  });

  test('takes a license key of the author, in any spelling', async () => {
    const { emulator, call } = await startEmulator();
    const { key } = emulator.addLicense();
    const other = await startEmulator();
    expect(other.emulator.addLicense({ key: key.toLowerCase() }).key).toBe(key);
    expect((await other.call('/activate', { license_key: key, device })).status).toBe(201);
    expect((await call('/activate', { license_key: key, device })).status).toBe(201);
  });
});

describe('a license of the emulator', () => {
  async function seated(fields = {}) {
    const started = await startEmulator();
    const license = started.emulator.addLicense(fields);
    const proof = { license_key: license.key, device, nonce };
    const { data } = await started.call('/activate', proof);
    const code = async () => (await started.call('/activate/validate', proof)).data.code;
    return { ...started, license, proof, deviceId: data.device.id, code };
  }

  test('shows who has its seats', async () => {
    const { license, emulator, clock, deviceId } = await seated({ deviceLimit: 2 });
    const shown = {
      id: deviceId,
      licenseId: license.id,
      isActive: true,
      fingerprint: device.fingerprint,
      name: 'studio',
      platform: 'linux',
      activatedAt: new Date(clock.now()),
      deactivatedAt: null,
    };
    expect(license.devices()).toMatchObject([shown]);
    expect(emulator.devices()).toEqual(license.devices());
    license.removeDevice(deviceId);
    expect(emulator.devices()).toMatchObject([{ isActive: false, deactivatedAt: new Date(clock.now()) }]);
    expect(license.devicesUsed).toBe(0);
  });

  test('goes through its states, and requests see each from the next one on', async () => {
    const { license, code, clock } = await seated({ durationDays: 30, graceDays: 3 });
    const seen = [await code()];
    license.suspend();
    seen.push(license.status, await code());
    license.reinstate();
    seen.push(await code());
    license.enterGrace();
    seen.push(license.status, await code());
    license.expire();
    seen.push(license.status, await code());
    license.renew(10);
    seen.push(await code());
    expect(license.expiresAt).toEqual(new Date(clock.now() + 10 * dayMs));
    license.revoke();
    seen.push(license.status, await code());
    license.reinstate();
    seen.push(await code());
    expect(seen).toEqual([
      ...['VALID', 'suspended', 'LICENSE_SUSPENDED', 'VALID'],
      ...['active', 'VALID', 'expired', 'LICENSE_EXPIRED', 'VALID'],
      ...['revoked', 'LICENSE_REVOKED', 'LICENSE_REVOKED'],
    ]);
  });

  test('that never ended can be made to end', async () => {
    const { license, code } = await seated();
    license.expire();
    expect([license.type, license.status, await code()]).toEqual(['timed', 'expired', 'LICENSE_EXPIRED']);
  });

  test('ends by itself when its time has passed, grace included', async () => {
    const { code, clock } = await seated({ durationDays: 30, graceDays: 7 });
    clock.advance(37 * dayMs - 1);
    expect(await code()).toBe('VALID');
    clock.advance(1);
    expect(await code()).toBe('LICENSE_EXPIRED');
  });

  test('gives its new features and its new limit with the next lease', async () => {
    const { license, call, proof, judge } = await seated({ features: { export: false } });
    license.setFeatures({ export: true });
    license.setLimit(7);
    const verdict = await judge(await call('/activate/validate', proof), device);
    expect(verdict).toMatchObject({ ok: true, claims: { ent: { export: true }, lic: { limit: 7 } } });
  });

  test('refuses a file in the words of the server, by an error with its code', async () => {
    const { license } = await seated({ deviceLimit: 1 });
    const request = JSON.stringify({
      ...{ format: 'thrive-license-request', version: 1, product_id: license.productId, nonce },
      device: createTestMachine('plant').device,
    });
    const refused = await license.issueFile(request).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ThriveError);
    expect(refused).toMatchObject({ code: 'DEVICE_LIMIT_REACHED', details: { limit: 1, used: 1 } });
    await expect(license.issueFile('{}')).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
    await expect(license.issueFile('no JSON')).rejects.toMatchObject({ code: 'VALIDATION_ERROR' });
  });
});
