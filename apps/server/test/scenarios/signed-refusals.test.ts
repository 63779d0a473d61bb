import { randomBytes } from 'node:crypto';
import { reinstateLicense, removeDevice, revokeLicense, suspendLicense } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs, hourMs, minuteMs, secondMs } from '../../src/platform/clock.ts';
import { appOf, claimsOf, digest, iso, observe, parts, rowsOf } from '../support/app.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { judgeLease } from '../support/lease-verdict.ts';
import { useServer } from '../support/test-server.ts';

const newNonce = () => randomBytes(16).toString('base64url');

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const app = appOf(door, () => vendor.channel);
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = (contract: Parameters<typeof door.call>[0], input: Record<string, unknown>) =>
      door.call(contract, input, { key: vendor.admin });

    /** A license with features and one machine on it. */
    const seated = async (fields: Record<string, unknown> = {}) => {
      const license = await vendor.license({ features: { export: true }, ...fields });
      const device = { ...machine(), components: parts(unique('serial')) };
      const proof = { license_key: license.key, device };
      const { data } = await app.activate(proof);
      const judge = (token: string | undefined, more: { nonce?: string; device?: typeof device } = {}) =>
        judgeLease(server, token ?? '', { audience: license.product_id, device, ...more });
      return { license, device, proof, activation: data, judge };
    };
    type Seated = Awaited<ReturnType<typeof seated>>;

    const refusals: [code: string, status: string, provoke: () => Promise<Seated>][] = [
      [
        'LICENSE_REVOKED',
        'revoked',
        async () => {
          const one = await seated();
          await manage(revokeLicense, { licenseId: one.license.id });
          return one;
        },
      ],
      [
        'LICENSE_SUSPENDED',
        'suspended',
        async () => {
          const one = await seated();
          await manage(suspendLicense, { licenseId: one.license.id });
          return one;
        },
      ],
      [
        'LICENSE_EXPIRED',
        'expired',
        async () => {
          const expires_at = iso(server.clock.now() + hourMs);
          const one = await seated({ type: 'timed', expires_at, grace_days: 0 });
          server.clock.advance(hourMs);
          return one;
        },
      ],
      [
        'LICENSE_NOT_STARTED',
        'not_started',
        async () => {
          const starts_at = iso(server.clock.now() + dayMs);
          server.clock.advance(dayMs);
          const one = await seated({ starts_at });
          server.clock.advance(-dayMs);
          await server.platform.uow.runInternal(async (tx) => {
            const license = await tx.licenses.findForUpdate(vendor.account_id, one.license.id);
            if (license) await tx.licenses.replace({ ...license, created_at: server.clock.now() });
          });
          return one;
        },
      ],
      [
        'DEVICE_NOT_ACTIVATED',
        'deactivated',
        async () => {
          const one = await seated();
          await manage(removeDevice, { licenseId: one.license.id, deviceId: one.activation.device.id });
          return one;
        },
      ],
    ];

    describe.each(refusals)(
      '%s, asked with a nonce by a machine that the license has or had',
      (code, status, provoke) => {
        it('is proven by a lease that verifies up to its state, with our nonce and with no other', async () => {
          const { proof, judge, activation, license } = await provoke();
          const nonce = newNonce();
          const { status: http, data } = await app.validate({ ...proof, nonce });
          expect([http, data.valid, data.code, data.nonce]).toEqual([200, false, code, nonce]);
          expect(data.device?.id).toBe(activation.device.id);
          expect(claimsOf(data.lease)).toMatchObject({
            nonce,
            sub: license.id,
            dev: activation.device.id,
            lic: { status, type: license.type },
          });
          const judged = async (nonce: string) => {
            const verdict = await judge(data.lease?.token, { nonce });
            return verdict.ok ? 'ok' : verdict.error;
          };
          expect(await judged(nonce)).toBe('LICENSE_NOT_ACTIVE');
          expect(await judged(newNonce())).toBe('WRONG_NONCE');
        });

        it('grants nothing, at no time, to no machine', async () => {
          const { proof, judge } = await provoke();
          const other = { ...machine(), components: parts(unique('serial')) };
          const { data } = await app.validate({ ...proof, nonce: newNonce() });
          const claims = claimsOf(data.lease);
          expect(claims).toMatchObject({ ent: {}, pol: { grace: 0, refresh: 0 } });
          expect(claims.exp - claims.iat).toBe(300);
          expect([data.lease?.refresh_after, data.lease?.grace_until]).toEqual([
            data.lease?.issued_at,
            data.lease?.expires_at,
          ]);
          const now = server.clock.now();
          for (const offset of [-hourMs, -minuteMs, 0, 4 * minuteMs, 6 * minuteMs, dayMs]) {
            server.clock.set(now + offset);
            for (const device of [proof.device, other])
              expect(await judge(data.lease?.token, { device })).toMatchObject({ ok: false });
          }
          server.clock.set(now);
        });

        it('without a nonce is a refusal without a lease', async () => {
          const { proof } = await provoke();
          const { data } = await app.validate(proof);
          expect([data.valid, data.code, data.lease]).toEqual([false, code, undefined]);
        });

        it('without a device, and for a machine that was never there, has no lease either', async () => {
          const { proof } = await provoke();
          const stranger = { ...machine(), components: parts(unique('serial')) };
          const { license_key } = proof;
          for (const asked of [{ license_key }, { license_key, device: stranger }]) {
            const { data } = await app.validate({ ...asked, nonce: newNonce() });
            expect([data.lease, data.device]).toEqual([undefined, undefined]);
          }
        });

        it('reads and no more: no seat, no stored lease, no event, no audit entry', async () => {
          const { proof, license } = await provoke();
          const rows = async () => {
            const { license: row, devices } = await rowsOf(server, license.id);
            return { row, devices: devices.map(({ lease_sequence, ...device }) => device) };
          };
          const before = await rows();
          const { eventTypes, audit } = await observe(server, vendor, () =>
            app.validate({ ...proof, nonce: newNonce() }),
          );
          expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
          expect(await rows()).toEqual(before);
        });

        it('has a sequence above every lease that the device was given', async () => {
          const { proof, activation } = await provoke();
          const sequences = [claimsOf(activation.lease).seq];
          for (let n = 0; n < 3; n++) {
            const { data } = await app.validate({ ...proof, nonce: newNonce() });
            sequences.push(claimsOf(data.lease).seq);
          }
          expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
        });
      },
    );

    it('a machine is known by its strong components where its fingerprint has changed', async () => {
      const { proof, license, device, judge } = await seated();
      await manage(revokeLicense, { licenseId: license.id });
      const moved = {
        ...device,
        fingerprint: unique('machine'),
        components: { ...device.components, cpu: digest('new') },
      };
      const nonce = newNonce();
      const { data } = await app.validate({ ...proof, device: moved, nonce });
      expect(data.code).toBe('LICENSE_REVOKED');
      const verdict = await judge(data.lease?.token, { nonce, device: moved });
      expect(verdict).toMatchObject({ ok: false, error: 'LICENSE_NOT_ACTIVE' });
    });

    it('what is refused for now is granted again by a newer lease, once it may be', async () => {
      const { proof, license, judge } = await seated();
      await manage(suspendLicense, { licenseId: license.id });
      const refused = await app.validate({ ...proof, nonce: newNonce() });
      await manage(reinstateLicense, { licenseId: license.id });
      const nonce = newNonce();
      const { data } = await app.validate({ ...proof, nonce });
      expect(await judge(data.lease?.token, { nonce })).toMatchObject({ ok: true, state: 'active' });
      expect(claimsOf(data.lease).seq).toBeGreaterThan(claimsOf(refused.data.lease).seq);
      expect(claimsOf((await app.validate(proof)).data.lease).lic.status).toBe('active');
    });

    it('a machine that came back is not told of the seat it had before', async () => {
      const { proof, activation } = await seated();
      await app.deactivate({ license_key: proof.license_key, device: proof.device });
      const again = await app.activate(proof);
      expect(again.data.device.id).not.toBe(activation.device.id);
      const { data } = await app.validate({ ...proof, nonce: newNonce() });
      expect([data.code, data.device?.id]).toEqual(['VALID', again.data.device.id]);
    });

    it('a seat that a machine has outgrown is not called deactivated: its old fingerprint brings it back', async () => {
      const { proof, device } = await seated();
      const changed = (n: number) => ({
        ...device,
        fingerprint: unique('machine'),
        components: { ...device.components, cpu: digest(unique(`cpu-${n}`)) },
      });
      for (let n = 0; n < 2; n++)
        expect((await app.activate({ ...proof, device: changed(n) })).data.result).toBe('recovered');
      const { data } = await app.validate({ ...proof, device: changed(3), nonce: newNonce() });
      expect([data.code, data.lease]).toEqual(['DEVICE_NOT_ACTIVATED', undefined]);
    });

    it('a floating seat that went to another machine is proven to be gone', async () => {
      const { proof, judge } = await seated({ type: 'floating', device_limit: 1 });
      server.clock.advance(601 * secondMs);
      await app.activate({ license_key: proof.license_key, device: machine() });
      const nonce = newNonce();
      const { data } = await app.validate({ ...proof, nonce });
      expect([data.code, claimsOf(data.lease).lic.status]).toEqual(['DEVICE_NOT_ACTIVATED', 'deactivated']);
      expect(await judge(data.lease?.token, { nonce })).toMatchObject({ error: 'LICENSE_NOT_ACTIVE' });
    });

    it('a missing feature is no refusal of the license: with a nonce its lease is given, and says what there is', async () => {
      const { proof, judge } = await seated();
      const required_features = ['export', 'print'];
      const nonce = newNonce();
      const { data } = await app.validate({ ...proof, required_features, nonce });
      expect([data.valid, data.code]).toEqual([false, 'FEATURE_MISSING']);
      expect(await judge(data.lease?.token, { nonce })).toMatchObject({
        ok: true,
        state: 'active',
        claims: { ent: { export: true } },
      });
      expect((await app.validate({ ...proof, required_features })).data.lease).toBeUndefined();
    });

    it('an unknown key gets the same bytes as before, with a nonce too', async () => {
      const nonce = newNonce();
      const { data } = await app.validate({ license_key: 'nobody', device: machine(), nonce });
      expect(data).toEqual({
        valid: false,
        code: 'RESOURCE_NOT_FOUND',
        server_time: iso(server.clock.now()),
        nonce,
      });
    });

    it('a refused activation stays an error, whatever nonce it brings', async () => {
      const { proof, license } = await seated();
      await manage(revokeLicense, { licenseId: license.id });
      const answer = await app.activate({ ...proof, nonce: newNonce() });
      expect([answer.status, answer.success, answer.error?.code]).toEqual([403, false, 'LICENSE_REVOKED']);
      expect(JSON.stringify(answer)).not.toMatch(/eyJ/);
    });
  });
});
