import { deactivateLicense, removeDevice, revokeLicense } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { appOf, digest, iso, observe, parts, rowsOf, seatsOf, setSuspended } from '../support/app.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const app = appOf(door, () => vendor.channel);
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    const activated = async (fields: Record<string, unknown> = {}, device = machine()) => {
      const license = await vendor.license(fields);
      const { data } = await app.activate({ license_key: license.key, device });
      return { license, device, device_id: data.device.id, activation: data };
    };

    it('frees the seat for another machine, and exactly one event tells of it', async () => {
      const { license, device, device_id, activation } = await activated();
      server.clock.advance(1000);
      const now = iso(server.clock.now());
      const { answer, events, audit } = await observe(server, vendor, () =>
        app.deactivate({ license_key: license.key, device }),
      );
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({
        result: 'deactivated',
        device: activation.device,
        license: { ...activation.license, devices_used: 0 },
        server_time: now,
        nonce: null,
      });
      expect(events).toMatchObject([
        {
          type: 'license.deactivated',
          license_id: license.id,
          body: {
            data: {
              device_id,
              device: { status: 'deactivated', deactivated_at: now },
              license: { devices_used: 0 },
            },
          },
        },
      ]);
      expect(audit).toEqual([]);
      expect(await seatsOf(server, license.id)).toBe(0);
      const { data } = await app.validate({ license_key: license.key, device });
      expect(data).toMatchObject({ valid: false, code: 'DEVICE_NOT_ACTIVATED' });
      const next = await app.activate({ license_key: license.key, device: machine() });
      expect(next.data.result).toBe('activated');
    });

    describe('names the machine', () => {
      it('by the id of its device', async () => {
        const { license, device_id } = await activated();
        const { data } = await app.deactivate({ license_key: license.key, device_id });
        expect(data).toMatchObject({ result: 'deactivated', device: { id: device_id } });
      });

      it('by its fingerprint', async () => {
        const { license, device, device_id } = await activated();
        const { data } = await app.deactivate({
          license_key: license.key,
          device: { fingerprint: device.fingerprint },
        });
        expect(data).toMatchObject({ result: 'deactivated', device: { id: device_id } });
      });

      it('by its components, when its fingerprint has changed', async () => {
        const components = parts(unique('serial'));
        const { license, device_id } = await activated({}, machine(unique('old'), { components }));
        const device = machine(unique('new'), { components: { ...components, board_id: digest('board') } });
        const { data } = await app.deactivate({ license_key: license.key, device });
        expect(data).toMatchObject({ result: 'deactivated', device: { id: device_id } });
      });

      it('in exactly one way', async () => {
        const { license, device, device_id } = await activated();
        for (const input of [{}, { device, device_id }]) {
          const { error } = await app.deactivate({ license_key: license.key, ...input });
          expect(error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'device_id' }] });
        }
        expect(await seatsOf(server, license.id)).toBe(1);
      });
    });

    it('once more is the same fact: no event, no seat freed twice', async () => {
      const { license, device, device_id } = await activated({ device_limit: 2 });
      await app.activate({ license_key: license.key, device: machine() });
      await app.deactivate({ license_key: license.key, device });
      const before = await rowsOf(server, license.id);
      server.clock.advance(1000);
      for (const named of [{ device }, { device_id }]) {
        const { answer, eventTypes, audit } = await observe(server, vendor, () =>
          app.deactivate({ license_key: license.key, ...named }),
        );
        expect(answer.data).toMatchObject({
          result: 'already_deactivated',
          device: { id: device_id },
          license: { devices_used: 1 },
        });
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      }
      expect(await rowsOf(server, license.id)).toEqual(before);
    });

    it('of a device that support removed finds it done', async () => {
      const { license, device, device_id } = await activated();
      await door.call(removeDevice, { licenseId: license.id, deviceId: device_id }, { key: vendor.admin });
      const { data } = await app.deactivate({ license_key: license.key, device });
      expect(data.result).toBe('already_deactivated');
    });

    it('works on an expired, a suspended and a revoked license', async () => {
      const expired = await activated({ expires_at: iso(server.clock.now() + dayMs), grace_days: 0 });
      const suspended = await activated();
      const revoked = await activated();
      server.clock.advance(2 * dayMs);
      await setSuspended(server, suspended.license.id, server.clock.now());
      await door.call(revokeLicense, { licenseId: revoked.license.id }, { key: vendor.admin });

      for (const [{ license, device }, result, status] of [
        [expired, 'deactivated', 'expired'],
        [suspended, 'deactivated', 'suspended'],
        // Revoking has freed every seat already.
        [revoked, 'already_deactivated', 'revoked'],
      ] as const) {
        const { answer, eventTypes } = await observe(server, vendor, () =>
          app.deactivate({ license_key: license.key, device }),
        );
        expect(answer.data).toMatchObject({ result, license: { status, devices_used: 0 } });
        expect(eventTypes).toEqual(result === 'deactivated' ? ['license.deactivated'] : []);
        expect(await seatsOf(server, license.id)).toBe(0);
      }
    });

    it('of a machine or a device that never had a seat of this license is a 404 that changes nothing', async () => {
      const { license } = await activated();
      const other = await activated();
      const before = [await rowsOf(server, license.id), await rowsOf(server, other.license.id)];
      for (const named of [
        { device: machine() },
        { device: other.device },
        { device_id: other.device_id },
        { device_id: 'dev_unknown' },
      ]) {
        const { answer, eventTypes } = await observe(server, vendor, () =>
          app.deactivate({ license_key: license.key, ...named }),
        );
        expect(answer.status).toBe(404);
        expect(answer.error?.code).toBe('RESOURCE_NOT_FOUND');
        expect(eventTypes).toEqual([]);
      }
      expect([await rowsOf(server, license.id), await rowsOf(server, other.license.id)]).toEqual(before);
    });

    it('with a wrong key says the same, whatever is wrong about it', async () => {
      const { license, device } = await activated();
      const stranger = await createVendor(server);
      const other = await vendor.product();
      const answers = [
        await app.deactivate({ license_key: 'nobody', device }),
        await app.deactivate({ license_key: license.key, product_id: other.id, device }),
        await door.call(deactivateLicense, { license_key: license.key, device }, { key: stranger.channel }),
      ];
      expect(new Set(answers.map(({ status, error }) => JSON.stringify({ status, error }))).size).toBe(1);
      expect(answers[0]?.status).toBe(404);
      expect(await seatsOf(server, license.id)).toBe(1);
    });

    it('leaves the machine free to come back, on a device of its own', async () => {
      const { license, device, device_id } = await activated();
      await app.deactivate({ license_key: license.key, device });
      const { answer, eventTypes } = await observe(server, vendor, () =>
        app.activate({ license_key: license.key, device }),
      );
      expect(answer.data.result).toBe('activated');
      expect(answer.data.device.id).not.toBe(device_id);
      expect(eventTypes).toEqual(['license.activated']);
    });
  });
});
