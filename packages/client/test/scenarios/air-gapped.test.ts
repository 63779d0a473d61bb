import { expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createTestMachine } from '../../src/testing/index.ts';
import { appOn, eachServer, type Stage } from '../support/each-server.ts';

const dayMs = 86_400_000;

/** An app on a machine that never had a network. */
const isolated = (stage: Stage, machine = createTestMachine('control-room'), storage = createMemoryStore()) =>
  appOn(stage, machine, { storage, fetch: () => Promise.reject(new Error('there is no network')) });

eachServer((stage) => {
  it('a machine without a network is licensed by a file that is carried there and back', async () => {
    const license = await stage().sell({ durationDays: 365, features: { export: true } });
    const app = isolated(stage());
    const request = await app.exportRequest();
    expect(request).not.toContain(license.key);
    expect(JSON.parse(request)).toMatchObject({
      format: 'thrive-license-request',
      version: 1,
      product_id: stage().connection.productId,
      device: { fingerprint: expect.any(String), name: 'control-room' },
    });

    const { state } = await app.importLicense(await license.issueFile(request));
    expect(state).toMatchObject({
      status: 'active',
      license: { id: license.id, features: { export: true } },
    });
    expect(app.check()).toEqual(state);
    expect(await license.seatsUsed()).toBe(1);
    stage().clock.advance(13 * dayMs);
    expect(app.hasFeature('export')).toBe(true);
  });

  it('a second request of the same machine takes no second seat, and names the license it has', async () => {
    const license = await stage().sell({ durationDays: 365 });
    const app = isolated(stage(), createTestMachine('twice'));
    await app.importLicense(await license.issueFile(await app.exportRequest()));
    const second = await app.exportRequest();
    expect(JSON.parse(second)).toMatchObject({ license_id: license.id });
    await app.importLicense(await license.issueFile(second));
    expect(await license.seatsUsed()).toBe(1);
    expect(app.check().status).toBe('active');
  });

  it('a file that was rotated into new signing keys is trusted by the root key alone', async () => {
    const license = await stage().sell();
    const app = isolated(stage(), createTestMachine('rotated'));
    await app.importLicense(await license.issueFile(await app.exportRequest()));
    await stage().rotateSigningKey();
    await app.importLicense(await license.issueFile(await app.exportRequest()));
    expect(app.check().status).toBe('active');
  });

  it('a file is good for the machine that asked, once, and what came before it stays', async () => {
    const license = await stage().sell({ deviceLimit: 2 });
    const [mine, theirs] = [
      isolated(stage(), createTestMachine('mine')),
      isolated(stage(), createTestMachine('theirs')),
    ];
    const file = await license.issueFile(await mine.exportRequest());
    await theirs.exportRequest();
    const wrong = (reason: string) => ({ code: 'INVALID_LICENSE_FILE', details: { reason, part: 'lease' } });
    await expect(theirs.importLicense(file)).rejects.toMatchObject(wrong('DEVICE_MISMATCH'));
    expect(theirs.check().isLicensed).toBe(false);

    await mine.importLicense(file);
    await mine.importLicense(file);
    await mine.importLicense(await license.issueFile(await mine.exportRequest()));
    await expect(mine.importLicense(file)).rejects.toMatchObject({ code: 'INVALID_LICENSE_FILE' });
    expect(mine.check().status).toBe('active');
  });

  it('a license that came as a file has no key here: an online call asks for it, and it can then be had', async () => {
    const license = await stage().sell();
    const [machine, storage] = [createTestMachine('moved-online'), createMemoryStore()];
    const app = isolated(stage(), machine, storage);
    await app.importLicense(await license.issueFile(await app.exportRequest()));
    await expect(app.validate()).rejects.toMatchObject({ code: 'LICENSE_KEY_REQUIRED' });
    await expect(app.deactivate()).rejects.toMatchObject({ code: 'LICENSE_KEY_REQUIRED' });
    expect(app.check()).toMatchObject({ status: 'active', warning: null });

    const online = appOn(stage(), machine, { storage });
    expect((await online.activate(license.key)).result).toBe('already_active');
    expect(await online.validate()).toMatchObject({ code: 'VALID' });
  });

  it('a text that is no license file is refused in one word, whatever it is', async () => {
    const app = isolated(stage());
    for (const text of ['', '{}', 'PK\u0003\u0004', await app.exportRequest()]) {
      const refusal = { code: 'INVALID_LICENSE_FILE', details: { reason: 'NOT_A_LICENSE_FILE' } };
      await expect(app.importLicense(text)).rejects.toMatchObject(refusal);
    }
  });
});
