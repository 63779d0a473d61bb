import { expect, it } from 'vitest';
import { createMemoryStore } from '../../src/index.ts';
import { createTestMachine } from '../../src/testing/index.ts';
import { appOn, eachServer, patiently } from '../support/each-server.ts';

const dayMs = 86_400_000;

eachServer((stage) => {
  it('an app works for thirteen days without a server, warns in grace, ends after it and says why, and heals', async () => {
    const { clock, sell, goDown, comeBack } = stage();
    const { key } = await sell({ durationDays: 365, features: { export: true } });
    const app = appOn(stage());
    const warnings: string[] = [];
    app.on('warning', ({ code }) => warnings.push(code));
    expect((await app.activate(key)).result).toBe('activated');
    await goDown();

    clock.advance(13 * dayMs);
    expect(app.check()).toMatchObject({ status: 'active', isLicensed: true });
    expect(app.hasFeature('export')).toBe(true);
    await expect(patiently(clock, app.validate())).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      retryable: true,
    });
    expect(app.check()).toMatchObject({ status: 'active', warning: { code: 'NETWORK_ERROR' } });

    clock.advance(2 * dayMs);
    await app.load();
    expect(app.check()).toMatchObject({ status: 'grace', reason: 'not_refreshed', isLicensed: true });
    expect(app.hasFeature('export')).toBe(true);
    expect(warnings).toEqual(['NETWORK_ERROR', 'IN_GRACE']);

    clock.advance(7 * dayMs);
    expect(app.check()).toMatchObject({
      status: 'expired',
      reason: 'not_refreshed',
      isLicensed: false,
      license: { type: 'timed', features: { export: true } },
      warning: { code: 'NETWORK_ERROR' },
    });
    expect(app.hasFeature('export')).toBe(false);

    await comeBack();
    expect(await app.validate()).toMatchObject({ code: 'VALID', isProven: true });
    expect(app.check()).toMatchObject({ status: 'active', warning: null });
  });

  it('an app that is started anew finds its license, without asking anybody', async () => {
    const { key } = await stage().sell();
    const [storage, machine] = [createMemoryStore(), createTestMachine('restarted')];
    await appOn(stage(), machine, { storage }).activate(key);
    const restarted = appOn(stage(), machine, {
      storage,
      fetch: () => Promise.reject(new Error('nobody must be asked')),
    });
    expect(restarted.check()).toMatchObject({ status: 'unlicensed', reason: 'not_loaded' });
    await restarted.load();
    expect(restarted.check()).toMatchObject({ status: 'active', isLicensed: true });
  });

  it('a trial is refreshed without a key, ends when it ends, and does not start again', async () => {
    const { clock, comeBack } = stage();
    const app = appOn(stage());
    expect((await app.startTrial()).result).toBe('started');
    const state = app.check();
    if (state.status !== 'trial') throw new Error(state.status);
    clock.advance(3 * dayMs);
    await comeBack();
    expect(await app.validate()).toMatchObject({ code: 'VALID', isProven: true });
    expect((await app.startTrial()).result).toBe('existing');
    expect(app.check()).toMatchObject({ status: 'trial', endsAt: state.endsAt });

    clock.advance(state.endsAt.getTime() - clock.now());
    expect(app.check().status).toBe('trial');
    clock.advance(2_000);
    expect(app.check()).toMatchObject({ status: 'expired', reason: 'trial_ended' });
    await comeBack();
    const ended = { code: 'PERMISSION_DENIED', details: { reason: 'trial_ended' } };
    await expect(app.startTrial()).rejects.toMatchObject(ended);
    expect(app.check().isLicensed).toBe(false);
  });

  it('a signing key that was rotated while an app was offline costs it one fetch, and no trust', async () => {
    const { clock, connection, sell, rotateSigningKey } = stage();
    const { key } = await sell();
    const urls: string[] = [];
    const app = appOn(stage(), undefined, {
      fetch: (url, init) => {
        urls.push(String(url));
        return connection.fetch(url, init);
      },
    });
    await app.activate(key);
    clock.advance(dayMs);
    await rotateSigningKey();
    expect(app.check().status).toBe('active');
    urls.length = 0;
    expect(await app.validate()).toMatchObject({ code: 'VALID', isProven: true });
    expect(urls.map((url) => url.replace(connection.baseUrl, ''))).toEqual([
      '/api/v1/activate/validate',
      '/.well-known/thrive-keys.json',
    ]);
    expect(app.check()).toMatchObject({ status: 'active', warning: null });
  });
});
