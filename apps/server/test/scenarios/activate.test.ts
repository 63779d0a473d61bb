import { randomBytes } from 'node:crypto';
import { activateLicense, updateLicense } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { appOf, claimsOf, createdStatus, iso, observe, parts, rowsOf, seatsOf } from '../support/app.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor, restRequest } from '../support/doors.ts';
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

    it('a new machine takes a seat, and one event tells of it', async () => {
      const license = await vendor.license({ device_limit: 3, features: { export: true, projects: 5 } });
      const now = iso(server.clock.now());
      const device = machine(unique('machine'), { name: 'Studio', platform: 'linux', environment: 'vm' });
      const { answer, events } = await observe(server, vendor, () =>
        app.activate({ license_key: license.key, device }),
      );
      expect(answer.status).toBe(createdStatus(door));
      expect(answer.data).toEqual({
        result: 'activated',
        device: { id: expect.stringMatching(/^dev_/), activated_at: now, last_seen_at: now },
        license: {
          id: license.id,
          type: 'perpetual',
          status: 'active',
          expires_at: null,
          grace_ends_at: null,
          device_limit: 3,
          devices_used: 1,
          features: { export: true, projects: 5 },
          key_masked: `••••-${license.key.replaceAll('-', '').slice(-4)}`,
        },
        lease: {
          token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
          key_id: expect.any(String),
          issued_at: expect.any(String),
          refresh_after: expect.any(String),
          expires_at: expect.any(String),
          grace_until: expect.any(String),
        },
        server_time: now,
        nonce: null,
      });
      expect(events).toMatchObject([
        {
          type: 'license.activated',
          license_id: license.id,
          body: {
            type: 'license.activated',
            account_id: vendor.account_id,
            created_at: now,
            data: {
              device_id: answer.data.device.id,
              device: { ...device, status: 'active', seat: 1, activated_at: now },
              license: { id: license.id, devices_used: 1, key: answer.data.license.key_masked },
            },
          },
        },
      ]);
      expect(await seatsOf(server, license.id)).toBe(1);
    });

    it('the same machine never takes a second seat, however often it asks, even on a full license', async () => {
      const license = await vendor.license();
      const device = machine();
      const first = await app.activate({ license_key: license.key, device });
      server.clock.advance(1000);
      const { answer, eventTypes, audit } = await observe(server, vendor, () =>
        app.activate({ license_key: license.key, device }),
      );
      expect(answer.status).toBe(200);
      expect(answer.data).toMatchObject({
        result: 'already_active',
        device: { ...first.data.device, last_seen_at: iso(server.clock.now()) },
        license: { devices_used: 1, device_limit: 1 },
      });
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      expect(await seatsOf(server, license.id)).toBe(1);
    });

    it('a key works in whatever spelling a person types it', async () => {
      const { key, id } = await vendor.license();
      const device = machine();
      const lookalikes = key.replaceAll('0', 'o').replaceAll('1', 'l');
      for (const license_key of [
        key.toLowerCase(),
        key.replaceAll('-', ''),
        key.replaceAll('-', ' '),
        `  ${key.replaceAll('-', '\u2013')} `,
        lookalikes,
      ]) {
        const answer = await app.activate({ license_key, device });
        expect(answer.data.license, license_key).toMatchObject({ id, devices_used: 1 });
      }
    });

    it('a nonce is echoed and stands in the lease', async () => {
      const { key } = await vendor.license();
      const nonce = randomBytes(24).toString('base64url');
      const { data } = await app.activate({ license_key: key, device: machine(), nonce });
      expect(data.nonce).toBe(nonce);
      expect(claimsOf(data.lease).nonce).toBe(nonce);
    });

    it('a lost answer and its retry cost one seat and one event', async () => {
      const license = await vendor.license({ device_limit: 5 });
      const input = { license_key: license.key, device: machine() };
      const { eventTypes } = await observe(server, vendor, async () => {
        const lost = new AbortController();
        const { url, body } = restRequest(activateLicense, input);
        const request = fetch(`${server.baseUrl}/api/v1${url}`, {
          method: 'POST',
          body: body ?? '',
          signal: lost.signal,
          headers: { authorization: `Bearer ${vendor.channel}`, 'content-type': 'application/json' },
        });
        lost.abort();
        await request.catch(() => {});
        return app.activate(input);
      });
      expect(eventTypes).toEqual(['license.activated']);
      expect(await seatsOf(server, license.id)).toBe(1);
    });

    describe('replace_device_id', () => {
      it('swaps one device for another in one step, on a full license too', async () => {
        const license = await vendor.license({ device_limit: 1 });
        const old = await app.activate({ license_key: license.key, device: machine() });
        const { answer, events } = await observe(server, vendor, () =>
          app.activate({
            license_key: license.key,
            device: machine(),
            replace_device_id: old.data.device.id,
          }),
        );
        expect(answer.status).toBe(200);
        expect(answer.data).toMatchObject({ result: 'replaced', license: { devices_used: 1 } });
        expect(answer.data.device.id).not.toBe(old.data.device.id);
        expect(
          events.map(({ type, body }) => [type, (body['data'] as { device_id: string }).device_id]),
        ).toEqual([
          ['license.deactivated', old.data.device.id],
          ['license.activated', answer.data.device.id],
        ]);
        expect(await seatsOf(server, license.id)).toBe(1);
      });

      it('of a device that is gone takes a free seat, and is refused when there is none', async () => {
        const license = await vendor.license({ device_limit: 1 });
        const gone = (await app.activate({ license_key: license.key, device: machine() })).data.device.id;
        await app.deactivate({ license_key: license.key, device_id: gone });
        const swap = () =>
          app.activate({ license_key: license.key, device: machine(), replace_device_id: gone });
        const { answer, eventTypes } = await observe(server, vendor, swap);
        expect(answer.status).toBe(createdStatus(door));
        expect(answer.data.result).toBe('activated');
        expect(eventTypes).toEqual(['license.activated']);
        expect((await swap()).error).toMatchObject({ code: 'DEVICE_LIMIT_REACHED' });
      });

      it('of a machine that has a seat already frees nothing', async () => {
        const license = await vendor.license({ device_limit: 2 });
        const device = machine();
        const own = await app.activate({ license_key: license.key, device });
        const other = await app.activate({ license_key: license.key, device: machine() });
        const { answer, eventTypes } = await observe(server, vendor, () =>
          app.activate({ license_key: license.key, device, replace_device_id: other.data.device.id }),
        );
        expect(answer.data).toMatchObject({ result: 'already_active', device: { id: own.data.device.id } });
        expect(eventTypes).toEqual([]);
        expect(await seatsOf(server, license.id)).toBe(2);
      });

      it("of another license's device is not found, and nothing changes on either", async () => {
        const [mine, other] = [await vendor.license(), await vendor.license()];
        const device_id = (await app.activate({ license_key: other.key, device: machine() })).data.device.id;
        const before = [await rowsOf(server, mine.id), await rowsOf(server, other.id)];
        const { answer, eventTypes, audit } = await observe(server, vendor, () =>
          app.activate({ license_key: mine.key, device: machine(), replace_device_id: device_id }),
        );
        expect(answer.error?.code).toBe('RESOURCE_NOT_FOUND');
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
        expect([await rowsOf(server, mine.id), await rowsOf(server, other.id)]).toEqual(before);
      });
    });

    describe('the limit', () => {
      it('refuses one machine too many, says how many seats there are, and changes nothing', async () => {
        const license = await vendor.license({ device_limit: 2 });
        for (let n = 0; n < 2; n++) await app.activate({ license_key: license.key, device: machine() });
        const before = await rowsOf(server, license.id);
        const { answer, eventTypes, audit } = await observe(server, vendor, () =>
          app.activate({ license_key: license.key, device: machine() }),
        );
        expect(answer.status).toBe(409);
        expect(answer.error).toMatchObject({
          code: 'DEVICE_LIMIT_REACHED',
          details: { limit: 2, used: 2 },
        });
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
        expect(await rowsOf(server, license.id)).toEqual(before);
      });

      it('that is lowered keeps every device and admits no new one until there is room', async () => {
        const license = await vendor.license({ device_limit: 3 });
        const devices = [machine(), machine(), machine()];
        for (const device of devices) await app.activate({ license_key: license.key, device });
        await door.call(updateLicense, { licenseId: license.id, device_limit: 1 }, { key: vendor.admin });

        for (const device of devices) {
          const { data } = await app.validate({ license_key: license.key, device });
          expect(data).toMatchObject({ valid: true, license: { device_limit: 1, devices_used: 3 } });
        }
        const newcomer = machine();
        for (const used of [3, 2, 1]) {
          const refused = await app.activate({ license_key: license.key, device: newcomer });
          expect(refused.error).toMatchObject({
            code: 'DEVICE_LIMIT_REACHED',
            details: { limit: 1, used },
          });
          await app.deactivate({ license_key: license.key, device: devices.pop() });
        }
        const { data } = await app.activate({ license_key: license.key, device: newcomer });
        expect(data).toMatchObject({ result: 'activated', license: { devices_used: 1 } });
      });
    });

    it('the first activation sets the expiry, and no later one moves it', async () => {
      const product = await vendor.product({
        license_defaults: {
          type: 'timed',
          duration_days: 30,
          device_limit: 2,
          expiry_basis: 'first_activation',
        },
      });
      const license = await vendor.license({ product_id: product.id });
      expect(license).toMatchObject({ expires_at: null, first_activated_at: null });
      server.clock.advance(100 * dayMs);
      const expires_at = iso(server.clock.now() + 30 * dayMs);
      const first = await app.activate({ license_key: license.key, device: machine() });
      expect(first.data.license.expires_at).toBe(expires_at);
      server.clock.advance(dayMs);
      const second = await app.activate({ license_key: license.key, device: machine() });
      expect(second.data.license).toMatchObject({ expires_at, devices_used: 2 });
    });

    it('whatever is wrong about a key, the refusal is the same byte for byte', async () => {
      const stranger = await createVendor(server);
      const [license, foreign] = [await vendor.license(), await stranger.license()];
      const other = await vendor.product();
      const boundElsewhere = await vendor.channelKey([other.id]);
      const last = license.key.at(-1) === '7' ? '8' : '7';
      const device = machine(unique('machine'), { components: parts(unique('serial')) });
      const before = await rowsOf(server, license.id);
      const { answer, eventTypes, audit } = await observe(server, vendor, async () => {
        const answers = [
          await app.activate({ license_key: '4XQ7M-8RT2K-0ZVWN-6HJ3C-P5DYB-1V', device }),
          await app.activate({ license_key: `${license.key.slice(0, -1)}${last}`, device }),
          await app.activate({ license_key: 'not a key at all', device }),
          await app.activate({ license_key: foreign.key, device }),
          await app.activate({ license_key: license.key, product_id: other.id, device }),
          await app.activate({ license_key: license.key, product_id: 'prd_unknown', device }),
          await app.activate({ license_key: license.key, device }, { key: boundElsewhere }),
          await app.activate({ license_key: license.key, device }, { key: stranger.channel }),
        ];
        const faces = answers.map(({ status, error }) => JSON.stringify({ status, error }));
        expect(new Set(faces).size, faces.join('\n')).toBe(1);
        return answers[0] as (typeof answers)[number];
      });
      expect(answer.status).toBe(404);
      expect(answer.error?.code).toBe('RESOURCE_NOT_FOUND');
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      expect(await rowsOf(server, license.id)).toEqual(before);
      expect(await seatsOf(server, foreign.id)).toBe(0);
      // And none of it was the device's fault.
      const right = { license_key: license.key, product_id: license.product_id, device };
      const bound = await vendor.channelKey([other.id, license.product_id]);
      expect((await app.activate(right, { key: bound })).data.result).toBe('activated');
    });
  });
});
