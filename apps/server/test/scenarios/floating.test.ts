import {
  activateLicense,
  type Device,
  deactivateLicense,
  listDevices,
  type ProcedureContract,
  revokeLicense,
  updateLicense,
  validateLicense,
} from '@thrivetech/contracts';
import { type PublicJwk, verifyKeyset, verifyLease } from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

const second = 1_000;
const lease = 600 * second;

interface AppAnswer {
  result?: string;
  valid?: boolean;
  code?: string;
  device: { id: string };
  license: { devices_used: number };
  lease: { token: string; issued_at: string; refresh_after: string; expires_at: string; grace_until: string };
}

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const app = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call<AppAnswer>(contract, input, { key: vendor.channel });
    const floating = async (device_limit: number, more: Record<string, unknown> = {}) => {
      const license = await vendor.license({ type: 'floating', device_limit, grace_days: 7, ...more });
      const call = (contract: ProcedureContract, device: object, rest: object = {}) =>
        app(contract, { license_key: license.key, device, ...rest });
      return {
        license,
        activate: (device: object, rest?: object) => call(activateLicense, device, rest),
        validate: (device: object, rest?: object) => call(validateLicense, device, rest),
        deactivate: (device: object) => call(deactivateLicense, device),
        active: async () =>
          (
            await door.call<Device[]>(
              listDevices,
              { licenseId: license.id, status: 'active' },
              { key: vendor.admin },
            )
          ).data,
        events: async () =>
          (await sideEffects(server, vendor)).events
            .filter(({ license_id }) => license_id === license.id)
            .map(({ type, body }) => [type, (body['data'] as { device_id?: string }).device_id]),
      };
    };
    /** What an app on that machine makes of its lease at the server's time. */
    const judge = async (token: string, audience: string, fingerprint: string) => {
      const published = (await (await fetch(`${server.baseUrl}/.well-known/thrive-keys.json`)).json()) as {
        keyset: string;
        root_keys: PublicJwk[];
      };
      const keyset = verifyKeyset(published.keyset, { ...nodeCrypto, rootKeys: published.root_keys });
      if (!keyset.ok) throw new Error(keyset.error);
      return verifyLease(token, {
        ...nodeCrypto,
        keyset: keyset.keyset,
        audience,
        now: server.clock.now() / second,
        device: { fingerprint, components: {} },
      });
    };

    it('a seat comes with a lease of ten minutes and no grace', async () => {
      const { activate } = await floating(1);
      const now = server.clock.now();
      const { data } = await activate(machine());
      const issued = Math.floor(now / second) * second;
      expect(Date.parse(data.lease.issued_at)).toBe(issued);
      expect(Date.parse(data.lease.expires_at)).toBe(issued + lease);
      expect(data.lease.grace_until).toBe(data.lease.expires_at);
    });

    it('a seat is taken until the second its lease ends, and free right after', async () => {
      const { license, activate, active, events } = await floating(1);
      const [first, second_] = [machine(), machine()];
      const held = (await activate(first)).data;
      const end = Date.parse(held.lease.expires_at);
      server.clock.set(end - second);
      const refused = await activate(second_);
      expect([refused.status, refused.error]).toMatchObject([
        409,
        { code: 'DEVICE_LIMIT_REACHED', details: { limit: 1, used: 1 } },
      ]);
      expect(await judge(held.lease.token, license.product_id, first.fingerprint)).toMatchObject({
        ok: true,
        state: 'active',
      });

      server.clock.set(end + second);
      expect(await judge(held.lease.token, license.product_id, first.fingerprint)).toMatchObject({
        ok: false,
        error: 'LEASE_EXPIRED',
      });
      const taken = (await activate(second_)).data;
      expect(taken).toMatchObject({ result: 'activated', license: { devices_used: 1 } });
      expect((await active()).map(({ id, seat }) => [id, seat])).toEqual([[taken.device.id, 1]]);
      expect(await events()).toEqual([
        ['license.created', undefined],
        ['license.activated', held.device.id],
        ['license.deactivated', held.device.id],
        ['license.activated', taken.device.id],
      ]);
    });

    it('a heartbeat by validate keeps the seat for as long as its new lease runs', async () => {
      const { activate, validate } = await floating(1);
      const device = machine();
      let held = (await activate(device)).data;
      for (let beat = 0; beat < 4; beat++) {
        server.clock.set(Date.parse(held.lease.refresh_after) + second);
        const beaten = await validate(device);
        expect(beaten.data).toMatchObject({ valid: true, code: 'VALID', device: { id: held.device.id } });
        expect(beaten.data.lease.token).not.toBe(held.lease.token);
        held = beaten.data;
        server.clock.set(Date.parse(held.lease.expires_at) - second);
        expect((await activate(machine())).error?.code).toBe('DEVICE_LIMIT_REACHED');
      }
    });

    it('before it is due the heartbeat gives the same lease again and promises no more', async () => {
      const { activate, validate } = await floating(1);
      const device = machine();
      const held = (await activate(device)).data;
      server.clock.set(Date.parse(held.lease.refresh_after) - second);
      expect((await validate(device)).data.lease).toEqual(held.lease);
      server.clock.set(Date.parse(held.lease.expires_at) + second);
      expect((await activate(machine())).data.result).toBe('activated');
    });

    it('every lapsed seat is taken back by the activation that finds the license full, running ones are not', async () => {
      const { activate, validate, active, events } = await floating(3);
      const devices = [machine(), machine(), machine()] as const;
      const ids: string[] = [];
      for (const device of devices) ids.push((await activate(device)).data.device.id);
      server.clock.advance(400 * second);
      expect((await validate(devices[1])).data.valid).toBe(true);
      server.clock.advance(201 * second);
      const told = (await events()).length;
      const { data } = await activate(machine());
      expect(data.result).toBe('activated');
      expect((await active()).map(({ id }) => id).sort()).toEqual([ids[1], data.device.id].sort());
      expect((await events()).slice(told)).toEqual([
        ['license.deactivated', ids[0]],
        ['license.deactivated', ids[2]],
        ['license.activated', data.device.id],
      ]);
      expect(data.license.devices_used).toBe(2);
    });

    it('an activation that is refused takes nothing back', async () => {
      const { license, activate, active } = await floating(2);
      await activate(machine());
      await activate(machine());
      server.clock.advance(601 * second);
      await door.call(revokeLicense, { licenseId: license.id }, { key: vendor.admin });
      const told = await sideEffects(server, vendor);
      expect((await activate(machine())).error?.code).toBe('LICENSE_REVOKED');
      expect(await sideEffects(server, vendor)).toEqual(told);
      expect(await active()).toEqual([]);
    });

    it('a machine whose seat was given away is not activated any more, and can only take a free one', async () => {
      const { activate, validate, deactivate } = await floating(1);
      const [first, other] = [machine(), machine()];
      const held = (await activate(first)).data;
      await validate(first);
      server.clock.advance(601 * second);
      await activate(other);
      const told = await validate(first);
      expect(told.data).toMatchObject({ valid: false, code: 'DEVICE_NOT_ACTIVATED' });
      expect([told.data.lease, told.data.device]).toEqual([undefined, undefined]);
      expect((await activate(first)).error?.code).toBe('DEVICE_LIMIT_REACHED');
      await deactivate(other);
      const back = (await activate(first)).data;
      expect(back.result).toBe('activated');
      expect(back.device.id).not.toBe(held.device.id);
    });

    it('a late heartbeat gets its seat back while nobody else took it', async () => {
      const { activate, validate } = await floating(1);
      const device = machine();
      const held = (await activate(device)).data;
      server.clock.advance(3_600 * second);
      const late = (await validate(device)).data;
      expect(late).toMatchObject({ valid: true, device: { id: held.device.id } });
      expect((await activate(machine())).error?.code).toBe('DEVICE_LIMIT_REACHED');
    });

    it('a lease asked for with a nonce holds the seat as long as it runs', async () => {
      const { activate, validate } = await floating(1);
      const device = machine();
      await activate(device);
      server.clock.advance(200 * second);
      const fresh = (await validate(device, { nonce: 'A'.repeat(22) })).data;
      server.clock.set(Date.parse(fresh.lease.expires_at) - second);
      expect((await activate(machine())).error?.code).toBe('DEVICE_LIMIT_REACHED');
      server.clock.set(Date.parse(fresh.lease.expires_at) + second);
      expect((await activate(machine())).data.result).toBe('activated');
    });

    it('an older heartbeat that is written late never shortens what a newer one promised', async () => {
      const { license, activate, validate } = await floating(1);
      const device = machine();
      await activate(device);
      const { uow } = server.platform;
      const read = () =>
        uow.read.devices.findActiveByFingerprint(
          { account_id: vendor.account_id, id: license.id },
          device.fingerprint,
        );
      server.clock.advance(400 * second);
      await validate(device);
      const older = await read();
      server.clock.advance(400 * second);
      const promised = (await validate(device)).data.lease;
      if (!older) throw new Error('The device holds no seat.');
      await uow.runInternal((tx) => tx.devices.renew(older));
      const row = await read();
      expect(row?.seat_expires_at).toBe(Date.parse(promised.expires_at));
      server.clock.set(Date.parse(promised.expires_at) - second);
      expect((await activate(machine())).error?.code).toBe('DEVICE_LIMIT_REACHED');
    });

    it('no lease and no seat runs past the end of the license and its grace', async () => {
      const now = server.clock.now();
      const expires_at = new Date(now + 200 * second).toISOString();
      const { license, activate } = await floating(1, { expires_at, grace_days: 0 });
      const device = machine();
      const { lease: given } = (await activate(device)).data;
      expect(Date.parse(given.expires_at)).toBeLessThan(Date.parse(expires_at) + second);
      server.clock.set(Date.parse(expires_at) + second);
      expect(await judge(given.token, license.product_id, device.fingerprint)).toMatchObject({ ok: false });
    });

    it('a lowered limit admits nobody until enough seats have lapsed', async () => {
      const { license, activate, validate, active } = await floating(3);
      const stays = machine();
      for (const device of [stays, machine(), machine()]) await activate(device);
      await door.call(updateLicense, { licenseId: license.id, device_limit: 1 }, { key: vendor.admin });
      expect((await active()).length).toBe(3);
      server.clock.advance(400 * second);
      await validate(stays);
      server.clock.advance(201 * second);
      expect((await activate(machine())).error?.code).toBe('DEVICE_LIMIT_REACHED');
      expect((await validate(stays)).data.valid).toBe(true);
      server.clock.advance(1_000 * second);
      expect((await activate(machine())).data.result).toBe('activated');
      expect((await active()).length).toBe(1);
    });

    it('other types keep their seat however long they are silent', async () => {
      const license = await vendor.license({ device_limit: 1 });
      await app(activateLicense, { license_key: license.key, device: machine() });
      server.clock.advance(100 * 86_400 * second);
      const refused = await app(activateLicense, { license_key: license.key, device: machine() });
      expect(refused.error?.code).toBe('DEVICE_LIMIT_REACHED');
    });
  });
});
