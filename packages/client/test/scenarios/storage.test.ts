import { expect, it } from 'vitest';
import {
  createMemoryStore,
  type SecretBox,
  type StateStore,
  ThriveLicense,
  type ThriveLicenseOptions,
} from '../../src/index.ts';
import { createEmulator, createTestMachine } from '../../src/testing/index.ts';

async function setup() {
  const emulator = await createEmulator();
  const { key } = emulator.addLicense();
  const start = (options: Partial<ThriveLicenseOptions>) =>
    new ThriveLicense({ ...emulator.connection, device: createTestMachine(), ...options });
  return { emulator, key, start };
}
const textOf = (storage: StateStore) => JSON.stringify(storage.read());

it('with a secret box the license key lies on disk in no readable form, and is opened to refresh', async () => {
  const { key, start } = await setup();
  const secretBox: SecretBox = {
    seal: async (plain) => Buffer.from(plain).toString('hex'),
    open: async (sealed) => Buffer.from(sealed, 'hex').toString(),
  };
  const storage = createMemoryStore();
  await start({ storage, secretBox }).activate(key);
  expect(textOf(storage)).not.toContain(key);
  expect(await start({ storage, secretBox }).validate()).toMatchObject({ code: 'VALID' });

  const locked = start({
    storage,
    secretBox: { ...secretBox, open: () => Promise.reject(new Error('another user')) },
  });
  await expect(locked.validate()).rejects.toMatchObject({ code: 'LICENSE_KEY_REQUIRED' });
  expect(locked.check().status).toBe('active');
});

it('an app that may not write is licensed until it ends, says so, and is asked for the key again', async () => {
  const { emulator, key, start } = await setup();
  const readOnly: StateStore = { ...createMemoryStore(), update: () => Promise.reject(new Error('EROFS')) };
  const app = start({ storage: readOnly });
  const warnings: string[] = [];
  app.on('warning', ({ code }) => warnings.push(code));
  await expect(app.activate(key)).rejects.toMatchObject({
    code: 'STORAGE_ERROR',
    cause: { message: 'EROFS' },
  });
  expect(app.check().status).toBe('active');
  expect(warnings).toEqual(['STORAGE_ERROR']);

  const restarted = start({ storage: readOnly });
  await restarted.load();
  expect(restarted.check()).toMatchObject({ status: 'unlicensed', reason: 'never_activated' });
  expect(emulator.devices()).toHaveLength(1);
});

it('a storage that throws where it must not ends no check', async () => {
  const { start } = await setup();
  const broken: StateStore = {
    mark: () => {
      throw new Error('gone');
    },
    read: () => {
      throw new Error('gone');
    },
    update: () => Promise.reject(new Error('gone')),
  };
  const app = start({ storage: broken });
  await app.load();
  expect(app.check()).toMatchObject({ status: 'tampered', reason: 'state_damaged', isLicensed: false });
});

it('an app on this very machine finds its license after a restart, and keeps the name of the computer at home', async () => {
  const { emulator, key, start } = await setup();
  const options = { storage: createMemoryStore(), device: { name: null } };
  await start(options).activate(key);
  const restarted = start(options);
  await restarted.load();
  expect(restarted.check().status).toBe('active');
  expect(emulator.requests.map(({ body }) => JSON.stringify(body)).join()).not.toContain('"name"');
});

it('the options are judged at once, in words for the developer', async () => {
  const { start } = await setup();
  for (const wrong of [
    { channelKey: 'tt_admin_0' },
    { rootKeys: [] },
    { baseUrl: 'nowhere' },
    { device: { fingerprint: 'short' } },
    { productId: '' },
  ]) {
    expect(() => start(wrong)).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
  }
});
