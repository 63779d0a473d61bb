import { expect, it } from 'vitest';
import { type OnlineLease, ThriveOnline, type ThriveOnlineOptions } from '../../src/browser.ts';
import { eachServer, type Stage } from '../support/each-server.ts';

const dayMs = 86_400_000;

eachServer((stage) => {
  let pages = 0;
  const pageOf = ({ connection }: Stage, options: Partial<ThriveOnlineOptions> = {}) =>
    new ThriveOnline({ ...connection, device: { fingerprint: `page-of-user-${pages++}` }, ...options });

  it('a page activates, validates and leaves, and each yes is signed for it', async () => {
    const license = await stage().sell({ features: { export: true } });
    const page = pageOf(stage());
    const { result, lease } = await page.activate(license.key.toLowerCase());
    expect(result).toBe('activated');
    expect(lease.claims).toMatchObject({ sub: license.id, ent: { export: true } });
    expect(await page.validate(license.key)).toMatchObject({ code: 'VALID', isProven: true });
    expect(await page.deactivate(license.key)).toBe('deactivated');
    expect(await page.validate(license.key)).toMatchObject({
      code: 'DEVICE_NOT_ACTIVATED',
      isProven: true,
      lease: null,
    });
    expect(await license.seatsUsed()).toBe(0);
  });

  it('a lease that a page kept is verified without asking anybody, until it ends, and only for its page', async () => {
    const license = await stage().sell();
    const device = { fingerprint: 'page-that-keeps' };
    const { lease } = await pageOf(stage(), { device }).activate(license.key);
    const kept: OnlineLease = JSON.parse(JSON.stringify(lease));
    const later = pageOf(stage(), { device, fetch: () => Promise.reject(new Error('nobody must be asked')) });
    expect(await later.verify(kept)).toMatchObject({ ok: true, state: 'active' });
    expect(await pageOf(stage()).verify(kept)).toMatchObject({ ok: false, error: 'DEVICE_MISMATCH' });
    const changed = kept.token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A'));
    expect(await later.verify({ ...kept, token: changed })).toMatchObject({
      ok: false,
      error: 'BAD_SIGNATURE',
    });
    stage().clock.advance(22 * dayMs);
    expect(await later.verify(kept)).toMatchObject({ ok: false, error: 'LEASE_EXPIRED' });
  });

  it('a trial starts once', async () => {
    const page = pageOf(stage());
    expect((await page.startTrial()).result).toBe('started');
    expect((await page.startTrial()).result).toBe('existing');
  });

  it('an answer without its lease is believed neither as a yes nor as a proof', async () => {
    const { connection, sell } = stage();
    const license = await sell();
    const stripped: typeof fetch = async (url, init) => {
      const answer = await connection.fetch(url, init);
      const body = (await answer.json()) as { data?: { lease?: unknown } };
      if (isStripping) delete body.data?.lease;
      return Response.json(body, { status: answer.status });
    };
    let isStripping = true;
    const page = pageOf(stage(), { fetch: stripped });
    await expect(page.activate(license.key)).rejects.toMatchObject({ code: 'UNTRUSTED_ANSWER' });
    isStripping = false;
    await page.activate(license.key);
    isStripping = true;
    await expect(page.validate(license.key)).rejects.toMatchObject({ code: 'UNTRUSTED_ANSWER' });
    await license.suspend();
    expect(await page.validate(license.key)).toEqual({
      code: 'LICENSE_SUSPENDED',
      isProven: false,
      lease: null,
    });
    isStripping = false;
    expect(await page.validate(license.key)).toEqual({
      code: 'LICENSE_SUSPENDED',
      isProven: true,
      lease: null,
    });
  });

  it('a wrong root key, and a mistyped license key, end before anything is believed', async () => {
    const license = await stage().sell();
    const rootKeys = [{ kid: 'of-a-stranger', kty: 'OKP', crv: 'Ed25519', x: 'A'.repeat(43) }];
    await expect(pageOf(stage(), { rootKeys }).activate(license.key)).rejects.toMatchObject({
      code: 'UNTRUSTED_ANSWER',
    });
    await expect(pageOf(stage()).activate('wrong')).rejects.toMatchObject({ code: 'INVALID_LICENSE_KEY' });
  });
});
