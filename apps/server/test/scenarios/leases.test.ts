import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { appOf, claimsOf, parts } from '../support/app.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { fetchKeyset, judgeLease } from '../support/lease-verdict.ts';
import { useServer } from '../support/test-server.ts';

const daySeconds = 86_400;
const newNonce = () => randomBytes(32).toString('base64url');

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const app = appOf(door, () => vendor.channel);
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    const nowSeconds = () => Math.floor(server.clock.now() / 1000);
    const seated = async (fields: Record<string, unknown> = {}, components = parts(unique('serial'))) => {
      const license = await vendor.license(fields);
      const device = machine(unique('machine'), { components });
      const proof = { license_key: license.key, device };
      return { license, device, proof, lease: (await app.activate(proof)).data.lease };
    };

    it('every answer that grants use holds a lease that an app accepts, offline, with the root key alone', async () => {
      const product = await vendor.product({ license_defaults: { trial_days: 14, device_limit: 2 } });
      const license = await vendor.license({ product_id: product.id });
      const components = parts(unique('serial'));
      const device = machine(unique('machine'), { components });
      const renamed = { ...device, fingerprint: unique('machine') };
      const proof = { license_key: license.key, device };
      const other = machine();
      const granted: [string, () => ReturnType<typeof app.activate | typeof app.validate>, typeof device][] =
        [
          ['activated', () => app.activate({ ...proof, nonce }), device],
          ['already_active', () => app.activate({ ...proof, nonce }), device],
          ['recovered', () => app.activate({ ...proof, device: renamed, nonce }), renamed],
          ['VALID', () => app.validate({ ...proof, device: renamed, nonce }), renamed],
          ['started', () => app.trial({ product_id: product.id, device, nonce }) as never, device],
          ['existing', () => app.trial({ product_id: product.id, device, nonce }) as never, device],
          ['activated', () => app.activate({ ...proof, device: other, nonce }), other],
        ];
      let nonce = '';
      for (const [outcome, call, claimant] of granted) {
        nonce = newNonce();
        const { data } = await call();
        expect('result' in data ? data.result : data.code).toBe(outcome);
        const token = data.lease?.token ?? '';
        const verdict = await judgeLease(server, token, {
          audience: product.id,
          device: claimant,
          nonce,
        });
        expect(verdict, outcome).toMatchObject({ ok: true, state: 'active' });
        expect(claimsOf({ token })).toMatchObject({ sub: data.license?.id, dev: data.device?.id });
      }
    });

    it('an app that mixes calls with and without a nonce is never given a lease older than one it has', async () => {
      const { proof } = await seated();
      const sequences: number[] = [];
      for (const nonce of [undefined, newNonce(), undefined, undefined, newNonce(), undefined]) {
        const { data } = await app.validate({ ...proof, ...(nonce && { nonce }) });
        sequences.push(claimsOf(data.lease).seq);
      }
      expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
      // Asked twice without one, it is the same lease: a new one each time would be signed for nothing.
      expect(sequences[3]).toBe(sequences[2]);
    });

    it('is refused for another product, on another machine, and as the answer to another call', async () => {
      const { license, device, lease } = await seated();
      const stolen = machine(unique('machine'), { components: parts(unique('serial')) });
      const judged = async (expected: object) => {
        const right = { audience: license.product_id, device };
        const verdict = await judgeLease(server, lease.token, { ...right, ...expected });
        return verdict.ok ? 'ok' : verdict.error;
      };
      expect(await judged({})).toBe('ok');
      expect(await judged({ audience: 'prd_other' })).toBe('WRONG_AUDIENCE');
      expect(await judged({ device: stolen })).toBe('DEVICE_MISMATCH');
      expect(await judged({ nonce: newNonce() })).toBe('WRONG_NONCE');
    });

    it('names a key that is published, and repeats its times in the answer', async () => {
      const { lease } = await seated();
      const keyset = await fetchKeyset(server);
      const header = JSON.parse(Buffer.from(lease.token.split('.')[0] ?? '', 'base64url').toString());
      expect(header).toEqual({ alg: 'Ed25519', kid: lease.key_id, typ: 'thrive-lease+jwt' });
      expect(keyset.keys.map(({ kid }) => kid)).toContain(lease.key_id);
      const { iat, nbf, exp, pol } = claimsOf(lease);
      expect(nbf).toBe(iat);
      expect([lease.issued_at, lease.refresh_after, lease.expires_at, lease.grace_until]).toEqual(
        [iat, iat + pol.refresh, exp, exp + pol.grace].map((at) => new Date(at * 1000).toISOString()),
      );
    });

    it('lasts 14 days and 7 of grace, and is due for refresh at about half', async () => {
      const license = await vendor.license({ device_limit: 30 });
      const refreshes = new Set<number>();
      for (let n = 0; n < 30; n++) {
        const { data } = await app.activate({ license_key: license.key, device: machine() });
        const { iat, exp, pol } = claimsOf(data.lease);
        expect(iat).toBe(nowSeconds());
        expect(exp - iat).toBe(14 * daySeconds);
        expect(pol).toMatchObject({ grace: 7 * daySeconds, skew: 300, rollback: daySeconds });
        expect(pol.refresh / (exp - iat)).toBeGreaterThanOrEqual(0.45);
        expect(pol.refresh / (exp - iat)).toBeLessThanOrEqual(0.55);
        refreshes.add(pol.refresh);
      }
      // Machines that were all set up on one morning must not all come back at one moment.
      expect(refreshes.size).toBeGreaterThan(3);
    });

    it("takes its length from the product's defaults", async () => {
      const product = await vendor.product({ license_defaults: { lease_days: 3, grace_days: 2 } });
      const { lease } = await seated({ product_id: product.id });
      const { iat, exp, pol } = claimsOf(lease);
      expect([exp - iat, pol.grace]).toEqual([3 * daySeconds, 2 * daySeconds]);
    });

    describe('never outlives its license', () => {
      it.each([
        ['that ends before the lease would', 3, 0],
        ['that ends before the lease would, with grace', 3, 2],
        ['whose grace ends within the grace of the lease', 12, 7],
        ['that ends much later', 400, 7],
      ])('%s', async (_case, days, grace_days) => {
        const endsAt = server.clock.now() + days * dayMs;
        const { lease, license, device } = await seated({
          expires_at: new Date(endsAt).toISOString(),
          grace_days,
        });
        const hardEnd = Math.ceil(endsAt / 1000) + grace_days * daySeconds;
        const { iat, exp, pol, lic } = claimsOf(lease);
        expect(exp).toBe(Math.min(iat + 14 * daySeconds, hardEnd));
        expect(exp + pol.grace).toBeLessThanOrEqual(hardEnd);
        expect(lic.exp).toBe(Math.floor(endsAt / 1000));
        const right = { audience: license.product_id, device };
        server.clock.set((exp + pol.grace + 1) * 1000);
        expect(await judgeLease(server, lease.token, right)).toMatchObject({ error: 'LEASE_EXPIRED' });
      });

      it('and in the last second of it is still given', async () => {
        const endsAt = server.clock.now() + dayMs;
        const { proof, license, device } = await seated({
          expires_at: new Date(endsAt).toISOString(),
          grace_days: 0,
        });
        server.clock.set(endsAt - 1);
        const nonce = newNonce();
        const { data } = await app.validate({ ...proof, nonce });
        expect(data.code).toBe('VALID');
        const right = { audience: license.product_id, device, nonce };
        expect(await judgeLease(server, data.lease?.token ?? '', right)).toMatchObject({ ok: true });
        server.clock.set(endsAt);
        expect((await app.validate({ ...proof, nonce: newNonce() })).data.code).toBe('LICENSE_EXPIRED');
      });
    });

    it('says what the license unlocks, and nothing about whose it is', async () => {
      const customer = await vendor.customer({ name: 'Ada Lovelace', company: 'Analytical', phone: '+4411' });
      const components = parts(unique('serial'));
      const { lease, license, device } = await seated(
        {
          customer_id: customer.id,
          notes: 'Pays late',
          metadata: { order: 'A-1001' },
          features: { edition: 'pro', projects: 5, sync: false },
          device_limit: 4,
        },
        components,
      );
      const claims = claimsOf(lease);
      expect(Object.keys(claims).sort()).toEqual(
        [
          'aud',
          'dev',
          'ent',
          'exp',
          'fp',
          'iat',
          'iss',
          'jti',
          'lic',
          'nbf',
          'pol',
          'seq',
          'sub',
          'ver',
        ].sort(),
      );
      expect(claims).toMatchObject({
        ver: 1,
        aud: license.product_id,
        sub: license.id,
        lic: { type: 'perpetual', status: 'active', exp: null, limit: 4 },
        ent: { edition: 'pro', projects: 5, sync: false },
        fp: { threshold: 50 },
      });
      const text = JSON.stringify(claims);
      const secrets = [
        customer.id,
        customer.email,
        ...['Ada', 'Analytical', '4411', 'Pays late', 'A-1001', 'example.com'],
        license.key,
        license.key.replaceAll('-', ''),
        device.fingerprint,
        ...Object.values(components),
        vendor.account_id,
      ];
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    });

    it('no two machines get the same salt, and no two leases the same id', async () => {
      const license = await vendor.license({ device_limit: 5 });
      const seen = new Set<string>();
      for (let n = 0; n < 5; n++) {
        const { data } = await app.activate({ license_key: license.key, device: machine() });
        const { fp, jti } = claimsOf(data.lease);
        for (const value of [fp.salt, jti]) seen.add(value);
      }
      expect(seen.size).toBe(10);
    });
  });
});
