import { encodeBase64Url, toPublicJwk } from '@thrivetech/lease';
import { createEd25519KeyPair, importPrivateKey, nodeCrypto } from '@thrivetech/lease/node';
import { beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore, ThriveLicense } from '../../src/index.ts';
import {
  createEmulator,
  createTestClock,
  createTestMachine,
  type Emulator,
  type TestClock,
} from '../../src/testing/index.ts';
import { appOn, eachServer, patiently } from '../support/each-server.ts';

const dayMs = 86_400_000;
const untrusted = { code: 'UNTRUSTED_ANSWER' };

type Fetch = typeof fetch;
type Body = { data: { lease?: { token: string }; valid?: boolean; code?: string; nonce?: string | null } };

/** What stands between app and server, and rewrites what comes back from the four calls. */
const liar =
  (honest: Fetch, lie: (body: Body) => object, on: RegExp = /\/api\/v1\//): Fetch =>
  async (url, init) => {
    const answer = await honest(url, init);
    if (!on.test(String(url))) return answer;
    return Response.json(lie((await answer.json()) as Body), { status: 200 });
  };

/** Between two dots, changed. */
function withClaims(token: string, change: (claims: Record<string, unknown>) => object): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const changed = encodeBase64Url(Buffer.from(JSON.stringify(change(claims))));
  return [header, changed, signature].join('.');
}

eachServer((stage) => {
  describe('never makes a license of nothing', () => {
    it('a fake host with keys of its own, which it publishes as root keys too', async () => {
      const { connection, sell } = stage();
      const impostor = await createEmulator({
        clock: connection.clock,
        products: [{ id: connection.productId }],
      });
      const { key } = impostor.addLicense({ key: (await sell()).key });
      const app = appOn(stage(), undefined, { ...impostor.connection, rootKeys: connection.rootKeys });
      await expect(app.activate(key)).rejects.toMatchObject(untrusted);
      await expect(app.startTrial()).rejects.toMatchObject(untrusted);
      expect(app.check()).toMatchObject({ status: 'unlicensed', isLicensed: false });
    });

    it('an answer that was recorded, for another request of the same machine', async () => {
      const { connection, sell } = stage();
      const { key } = await sell();
      const machine = createTestMachine('recorded');
      let recorded: Body | null = null;
      const recording = liar(connection.fetch, (body) => {
        recorded ??= body;
        return recorded;
      });
      await appOn(stage(), machine, { fetch: recording }).activate(key);
      const app = appOn(stage(), machine, { fetch: recording });
      await expect(app.activate(key)).rejects.toMatchObject({
        ...untrusted,
        details: { reason: 'WRONG_NONCE' },
      });
      expect(app.check().isLicensed).toBe(false);
    });

    it('an answer to another machine, asked for with our nonce', async () => {
      const { connection, sell } = stage();
      const { key } = await sell({ deviceLimit: 2 });
      const swapped: Fetch = (url, init) => {
        const body = init?.body ? JSON.parse(String(init.body)) : {};
        const device = createTestMachine('somebody-else').device;
        return connection.fetch(url, {
          ...init,
          ...(init?.body && { body: JSON.stringify({ ...body, device }) }),
        });
      };
      const app = appOn(stage(), undefined, { fetch: swapped });
      await expect(app.activate(key)).rejects.toMatchObject({
        ...untrusted,
        details: { reason: 'DEVICE_MISMATCH' },
      });
      expect(app.check().isLicensed).toBe(false);
    });

    it.each<[string, (body: Body) => object]>([
      [
        'a stripped nonce',
        ({ data }) => ({
          success: true,
          data: {
            ...data,
            lease: { token: withClaims(String(data.lease?.token), ({ nonce: _, ...rest }) => rest) },
          },
        }),
      ],
      [
        'a longer end',
        ({ data }) => ({
          success: true,
          data: {
            ...data,
            lease: {
              token: withClaims(String(data.lease?.token), (claims) => ({ ...claims, exp: 9_999_999_999 })),
            },
          },
        }),
      ],
      [
        'no signature',
        ({ data }) => ({
          success: true,
          data: { ...data, lease: { token: String(data.lease?.token).replace(/[^.]+$/, '') } },
        }),
      ],
      ['no lease', ({ data: { lease: _, ...data } }) => ({ success: true, data })],
      ['a lease that is no text', ({ data }) => ({ success: true, data: { ...data, lease: { token: 7 } } })],
      [
        'nothing but a yes',
        () => ({ success: true, data: { valid: true, code: 'VALID', result: 'activated' } }),
      ],
      ['something else altogether', () => ({ hello: 'world' })],
    ])('an answer with %s', async (_case, lie) => {
      const { connection, sell } = stage();
      const { key } = await sell();
      const app = appOn(stage(), undefined, { fetch: liar(connection.fetch, lie) });
      await expect(app.activate(key)).rejects.toMatchObject(untrusted);
      await expect(app.startTrial()).rejects.toMatchObject(untrusted);
      expect(app.check().isLicensed).toBe(false);
    });

    it('a keyset that the root key does not vouch for, around a lease that it would make good', async () => {
      const { connection, sell } = stage();
      const { key } = await sell();
      const stranger = importPrivateKey(createEd25519KeyPair().privateKey);
      const rootKeys = [toPublicJwk(stranger.publicKey, nodeCrypto.sha256)];
      const app = appOn(stage(), undefined, { ...connection, rootKeys });
      await expect(app.activate(key)).rejects.toMatchObject({
        ...untrusted,
        details: { reason: 'keyset_not_trusted' },
      });
      expect(app.check().isLicensed).toBe(false);
    });
  });

  describe('never ends a license', () => {
    it.each<[string, (body: Body) => object]>([
      [
        'a no without a lease',
        ({ data: { lease: _, ...data } }) => ({
          success: true,
          data: { ...data, valid: false, code: 'LICENSE_REVOKED' },
        }),
      ],
      [
        'a no around the lease of a yes',
        ({ data }) => ({ success: true, data: { ...data, valid: false, code: 'LICENSE_REVOKED' } }),
      ],
      [
        'a lease whose status was changed',
        ({ data }) => ({
          success: true,
          data: {
            ...data,
            lease: {
              token: withClaims(String(data.lease?.token), (claims) => ({
                ...claims,
                lic: { status: 'revoked' },
              })),
            },
          },
        }),
      ],
      ['an error of ours', () => ({ success: false, error: { code: 'LICENSE_REVOKED', message: 'Gone.' } })],
      ['rubbish', () => []],
    ])('%s', async (_case, lie) => {
      const { clock, connection, sell } = stage();
      const { key } = await sell();
      let isLying = false;
      const app = appOn(stage(), undefined, {
        fetch: (url, init) => (isLying ? liar(connection.fetch, lie) : connection.fetch)(url, init),
      });
      await app.activate(key);
      isLying = true;
      await patiently(clock, app.validate()).catch(() => {});
      expect(app.check()).toMatchObject({ status: 'active', isLicensed: true });
      clock.advance(13 * dayMs);
      expect(app.check().isLicensed).toBe(true);
    });

    it('a no to another license of this machine, asked for with our nonce', async () => {
      const { connection, sell } = stage();
      const [old, current] = [await sell(), await sell()];
      let isLying = false;
      const swapped: Fetch = (url, init) => {
        const body = String(init?.body ?? '');
        return connection.fetch(url, isLying ? { ...init, body: body.replace(current.key, old.key) } : init);
      };
      const app = appOn(stage(), undefined, { fetch: swapped });
      await app.activate(old.key);
      await old.revoke();
      await app.activate(current.key);
      isLying = true;
      await expect(app.validate()).rejects.toMatchObject({
        ...untrusted,
        details: { reason: 'WRONG_LICENSE' },
      });
      expect(app.check()).toMatchObject({ status: 'active', license: { id: current.id } });
    });

    it('a recorded no: a suspension of last week is not one of today', async () => {
      const { connection, sell } = stage();
      const license = await sell();
      let recorded: Body | null = null;
      let mode: 'honest' | 'record' | 'replay' = 'honest';
      const app = appOn(stage(), undefined, {
        fetch: liar(connection.fetch, (body) => {
          if (mode === 'record') recorded = body;
          return mode === 'replay' ? (recorded ?? body) : body;
        }),
      });
      await app.activate(license.key);
      await license.suspend();
      mode = 'record';
      expect(await app.validate()).toMatchObject({ code: 'LICENSE_SUSPENDED', isProven: true });
      await license.reinstate();
      mode = 'honest';
      await app.validate();
      mode = 'replay';
      await expect(app.validate()).rejects.toMatchObject({
        ...untrusted,
        details: { reason: 'WRONG_NONCE' },
      });
      expect(app.check()).toMatchObject({ status: 'active', warning: { code: 'UNTRUSTED_ANSWER' } });
    });
  });

  it('a "deactivated" that nobody asked the server for is not believed', async () => {
    const { connection, sell } = stage();
    const license = await sell();
    let isLying = false;
    const app = appOn(stage(), undefined, {
      fetch: (url, init) =>
        isLying
          ? Promise.resolve(Response.json({ success: true, data: { result: 'deactivated', nonce: null } }))
          : connection.fetch(url, init),
    });
    await app.activate(license.key);
    isLying = true;
    await expect(app.deactivate()).rejects.toMatchObject(untrusted);
    expect(app.check().status).toBe('active');
  });
});

describe('every lie that the emulator knows', () => {
  const lies = [
    'forged_signature',
    'unknown_key',
    'no_nonce',
    'other_device',
    'replay',
    'unproven_refusal',
  ] as const;
  let clock: TestClock;
  let emulator: Emulator;
  beforeEach(async () => {
    clock = createTestClock();
    emulator = await createEmulator({ clock });
  });
  const app = (machine?: string) =>
    new ThriveLicense({
      ...emulator.connection,
      storage: createMemoryStore(),
      device: createTestMachine(machine),
    });

  it.each(lies)('%s makes no license, and ends none', async (lie) => {
    const { key } = emulator.addLicense({ deviceLimit: 2 });
    const licensed = app();
    await licensed.activate(key);
    // So that there is an answer of each call to repeat.
    await app('somebody-else').startTrial();
    emulator.faults.set(lie);
    await licensed.validate().catch(() => {});
    await licensed.validate().catch(() => {});
    expect(licensed.check()).toMatchObject({ status: 'active', isLicensed: true });

    const empty = app();
    await expect(empty.activate(key)).rejects.toBeInstanceOf(Error);
    await expect(empty.startTrial()).rejects.toBeInstanceOf(Error);
    expect(empty.check().isLicensed).toBe(false);
  });
});
