import { randomBytes } from 'node:crypto';
import { updateLicense } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { dayMs, hourMs } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { appOf, claimsOf, iso, observe, rowsOf, seatsOf } from '../support/app.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase } from '../support/each-database.ts';
import { TestClock, useServer } from '../support/test-server.ts';

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

    /** A license with one machine on it. */
    const activated = async (fields: Record<string, unknown> = {}) => {
      const license = await vendor.license(fields);
      const device = machine();
      const { data } = await app.activate({ license_key: license.key, device });
      return { license, device, activation: data, proof: { license_key: license.key, device } };
    };
    const updated = (licenseId: string, fields: Record<string, unknown>) =>
      door.call(updateLicense, { licenseId, ...fields }, { key: vendor.admin });

    it('an activated machine is valid, and hears all that its activation told', async () => {
      const { proof, activation } = await activated({ features: { export: true } });
      const { answer, eventTypes, audit } = await observe(server, vendor, () => app.validate(proof));
      const { result: _result, ...told } = activation;
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({ valid: true, code: 'VALID', ...told });
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
    });

    it('a wrong key is a 200 that says no, and nothing else', async () => {
      const nonce = newNonce();
      const answer = await app.validate({ license_key: 'nobody', device: machine(), nonce });
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({
        valid: false,
        code: 'RESOURCE_NOT_FOUND',
        server_time: iso(server.clock.now()),
        nonce,
      });
    });

    it("an unknown key, a stranger's and another product's give the same bytes", async () => {
      const stranger = await createVendor(server);
      const [license, foreign, other] = [
        await vendor.license(),
        await stranger.license(),
        await vendor.product(),
      ];
      const bound = await vendor.channelKey([other.id]);
      const device = machine();
      const answers = [
        await app.validate({ license_key: '4XQ7M-8RT2K-0ZVWN-6HJ3C-P5DYB-1V', device }),
        await app.validate({ license_key: foreign.key, device }),
        await app.validate({ license_key: license.key, product_id: other.id, device }),
        await app.validate({ license_key: license.key, device }, { key: bound }),
      ];
      expect(new Set(answers.map(({ status, data }) => JSON.stringify({ status, data }))).size).toBe(1);
      expect(answers[0]?.data.code).toBe('RESOURCE_NOT_FOUND');
    });

    it('a machine without a seat is told so, gets no lease, and takes no seat', async () => {
      const license = await vendor.license({ device_limit: 5 });
      const before = await rowsOf(server, license.id);
      const { answer, eventTypes, audit } = await observe(server, vendor, () =>
        app.validate({ license_key: license.key, device: machine() }),
      );
      expect(answer.status).toBe(200);
      expect(answer.data).toMatchObject({
        valid: false,
        code: 'DEVICE_NOT_ACTIVATED',
        license: { id: license.id, devices_used: 0 },
      });
      expect(answer.data).not.toHaveProperty('device');
      expect(answer.data).not.toHaveProperty('lease');
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      expect(await rowsOf(server, license.id)).toEqual(before);
    });

    it('without a device the license alone is judged, and no lease is given', async () => {
      const { proof } = await activated();
      const { data } = await app.validate({ license_key: proof.license_key });
      expect(data).toMatchObject({ valid: true, code: 'VALID', license: { devices_used: 1 } });
      expect(data).not.toHaveProperty('device');
      expect(data).not.toHaveProperty('lease');
    });

    it('a feature that is required must be there and not switched off', async () => {
      const { proof } = await activated({
        features: { export: true, projects: 5, edition: 'pro', sync: false },
      });
      const judged = async (required_features: string[]) => {
        const { data } = await app.validate({ ...proof, required_features });
        expect('lease' in data).toBe(data.valid);
        return data.code;
      };
      expect(await judged([])).toBe('VALID');
      expect(await judged(['export', 'projects', 'edition'])).toBe('VALID');
      expect(await judged(['export', 'sync'])).toBe('FEATURE_MISSING');
      expect(await judged(['render'])).toBe('FEATURE_MISSING');
      expect(await judged(['toString'])).toBe('FEATURE_MISSING');
    });

    it('changes no row but the lease and the time a device was last seen', async () => {
      const { proof, license } = await activated({ device_limit: 2 });
      const stripped = async () => {
        const { license: row, devices } = await rowsOf(server, license.id);
        return {
          row,
          devices: devices.map(({ lease, lease_sequence, last_seen_at, ...rest }) => rest),
        };
      };
      const before = await stripped();
      const { eventTypes, audit } = await observe(server, vendor, async () => {
        await app.validate({ ...proof, nonce: newNonce() });
        await app.validate({ ...proof, required_features: ['nothing'] });
        server.clock.advance(8 * dayMs);
        return app.validate(proof);
      });
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      expect(await stripped()).toEqual(before);
      expect(await seatsOf(server, license.id)).toBe(1);
    });

    describe('the lease', () => {
      it('is used again until it is due for refresh, then made anew once', async () => {
        const { proof, activation } = await activated();
        server.clock.set(Date.parse(activation.lease.refresh_after) - 1);
        expect((await app.validate(proof)).data.lease).toEqual(activation.lease);
        server.clock.advance(1);
        const fresh = (await app.validate(proof)).data.lease;
        expect(fresh?.token).not.toBe(activation.lease.token);
        expect(fresh && fresh.expires_at > activation.lease.expires_at).toBe(true);
        server.clock.advance(hourMs);
        expect((await app.validate(proof)).data.lease).toEqual(fresh);
      });

      it('is fresh, and carries the nonce, whenever there is one', async () => {
        const { proof, activation } = await activated();
        const seen = new Set([activation.lease.token]);
        for (let round = 0; round < 3; round++) {
          const nonce = newNonce();
          const { data } = await app.validate({ ...proof, nonce });
          expect(claimsOf(data.lease).nonce).toBe(nonce);
          expect(data.nonce).toBe(nonce);
          expect(seen.has(data.lease?.token ?? '')).toBe(false);
          seen.add(data.lease?.token ?? '');
        }
      });

      it('is made anew as soon as it would say something that is no longer so', async () => {
        const expires_at = iso(server.clock.now() + 100 * dayMs);
        const { proof, license, activation } = await activated({ expires_at, features: { projects: 1 } });
        let last = activation.lease.token;
        const changes: [Record<string, unknown>, Record<string, unknown>][] = [
          [{ features: { projects: 9 } }, { ent: { projects: 9 } }],
          [{ device_limit: 7 }, { lic: { limit: 7 } }],
          [
            { expires_at: iso(server.clock.now() + 3 * dayMs), grace_days: 0 },
            {
              exp: Math.ceil((server.clock.now() + 3 * dayMs) / 1000),
              pol: { grace: 0 },
            },
          ],
        ];
        for (const [change, expected] of changes) {
          await updated(license.id, change);
          server.clock.advance(1);
          const { data } = await app.validate(proof);
          expect(data.lease?.token).not.toBe(last);
          expect(claimsOf(data.lease)).toMatchObject(expected);
          expect((await app.validate(proof)).data.lease?.token).toBe(data.lease?.token);
          last = data.lease?.token ?? '';
        }
      });

      it('stays the same when only what it does not say has changed', async () => {
        const { proof, license, activation } = await activated();
        await updated(license.id, { notes: 'Called on Monday', metadata: { order: 7 } });
        expect((await app.validate(proof)).data.lease?.token).toBe(activation.lease.token);
      });

      it('has a sequence that rises with every lease of a device, also when the clock is set back', async () => {
        const { proof, activation } = await activated();
        const sequences = [claimsOf(activation.lease).seq];
        const refresh = async () => {
          const { data } = await app.validate({ ...proof, nonce: newNonce() });
          sequences.push(claimsOf(data.lease).seq);
        };
        await refresh();
        await refresh();
        server.clock.advance(hourMs);
        await refresh();
        server.clock.advance(-hourMs / 2);
        await refresh();
        expect((await app.activate(proof)).data.result).toBe('already_active');
        await refresh();
        const sorted = [...new Set(sequences)].sort((a, b) => a - b);
        expect(sequences).toEqual(sorted);
      });
    });
  });

  it('when a device was last seen is written at the latest when the server stops', async () => {
    const own = await createTestDatabase(database);
    const clock = new TestClock();
    const open = () =>
      compose({
        config: readConfig({ DATA_DIR: own.dataDir, DATABASE_URL: own.databaseUrl }),
        log: createLogger('silent'),
        clock,
      });
    let platform = await open();
    try {
      const baseUrl = await platform.app.listen({ host: '127.0.0.1', port: 0 });
      const vendor = await createVendor({ platform, clock, baseUrl, logLines: [] });
      const license = await vendor.license();
      const app = appOf(
        restDoor(() => baseUrl),
        () => vendor.channel,
      );
      const proof = { license_key: license.key, device: machine() };
      await app.activate(proof);
      clock.advance(hourMs);
      await app.validate(proof);
      await platform.close();
      platform = await open();
      const row = await platform.database('devices').where({ license_id: license.id }).first();
      expect(row.last_seen_at).toBe(clock.now());
    } finally {
      await platform.close();
      await own.remove();
    }
  });
});
