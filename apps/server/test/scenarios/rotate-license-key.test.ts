import {
  activateLicense,
  deactivateLicense,
  getLicense,
  type License,
  listLicenses,
  type ProcedureContract,
  revokeLicense,
  rotateLicenseKey,
  validateLicense,
} from '@thrivetech/contracts';
import { normalizeLicenseKey } from '@thrivetech/lease';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

interface AppAnswer {
  result?: string;
  code?: string;
  device: { id: string };
  lease: { token: string };
}

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = (contract: ProcedureContract, input: Record<string, unknown>, key = vendor.admin) =>
      door.call<License>(contract, input, { key });
    const rotate = (licenseId: string, more: Record<string, unknown> = {}) =>
      manage(rotateLicenseKey, { licenseId, ...more });
    const app = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call<AppAnswer>(contract, input, { key: vendor.channel });
    const seated = async () => {
      const license = await vendor.license({ device_limit: 2 });
      const device = machine();
      const activation = (await app(activateLicense, { license_key: license.key, device })).data;
      return { license, device, activation };
    };

    it('the old key is dead at once, in every call and for every look-up', async () => {
      const { license, device } = await seated();
      const old = { license_key: license.key, device };
      // Warm: what is remembered of the old key must be forgotten with it.
      expect((await app(validateLicense, old)).data.code).toBe('VALID');
      const { data } = await rotate(license.id);
      expect((await app(validateLicense, old)).data).toEqual({
        valid: false,
        code: 'RESOURCE_NOT_FOUND',
        server_time: new Date(server.clock.now()).toISOString(),
        nonce: null,
      });
      for (const contract of [activateLicense, deactivateLicense]) {
        const refused = await app(contract, old);
        expect([refused.status, refused.error?.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
      }
      const found = async (key: string) =>
        (await door.call<License[]>(listLicenses, { key }, { key: vendor.admin })).data.map(({ id }) => id);
      expect(await found(license.key)).toEqual([]);
      expect(await found(data.key)).toEqual([license.id]);
    });

    it('the devices stay: the new key finds the same seats and the very same leases', async () => {
      const { license, device, activation } = await seated();
      const { data } = await rotate(license.id);
      expect(data.devices_used).toBe(1);
      const proof = { license_key: data.key, device };
      const validated = await app(validateLicense, proof);
      expect(validated.data).toMatchObject({ code: 'VALID', device: { id: activation.device.id } });
      expect(validated.data.lease).toEqual(activation.lease);
      expect((await app(activateLicense, proof)).data).toMatchObject({
        result: 'already_active',
        device: { id: activation.device.id },
      });
    });

    it('the answer is the license with its new key in full; later reads show it only to an admin', async () => {
      const { license } = await seated();
      const before = (await manage(getLicense, { licenseId: license.id }, vendor.read_only)).data;
      const { data } = await rotate(license.id);
      expect(normalizeLicenseKey(data.key)).toBe(data.key);
      expect(data.key).not.toBe(license.key);
      expect(data).toEqual({
        ...before,
        key: data.key,
        updated_at: data.updated_at,
        version: before.version + 1,
      });
      const seen = async (key: string) => (await manage(getLicense, { licenseId: license.id }, key)).data.key;
      expect(await seen(vendor.read_only)).toBe(`••••-${data.key.replaceAll('-', '').slice(-4)}`);
      expect(await seen(vendor.admin)).toBe(data.key);
    });

    it('is audited with its reason and without either key, and tells no event', async () => {
      const { license } = await seated();
      const was = await sideEffects(server, vendor);
      const { data, request_id } = await rotate(license.id, { reason: 'Posted in a forum' });
      const is = await sideEffects(server, vendor);
      expect(is.events).toEqual(was.events);
      const written = is.audit.filter((entry) => entry.request_id === request_id);
      expect(written).toMatchObject([
        { action: 'license.key_rotated', target_id: license.id, after: { reason: 'Posted in a forum' } },
      ]);
      const everything = JSON.stringify(is).replaceAll('-', '');
      for (const key of [license.key, data.key]) expect(everything).not.toContain(key.replaceAll('-', ''));
      expect(server.logLines.join('').replaceAll('-', '')).not.toContain(data.key.replaceAll('-', ''));
    });

    it('a second rotation kills the first new key too', async () => {
      const { license, device } = await seated();
      const first = (await rotate(license.id)).data.key;
      const second = (await rotate(license.id)).data.key;
      const codeOf = async (license_key: string) =>
        (await app(validateLicense, { license_key, device })).data.code;
      expect([await codeOf(license.key), await codeOf(first), await codeOf(second)]).toEqual([
        'RESOURCE_NOT_FOUND',
        'RESOURCE_NOT_FOUND',
        'VALID',
      ]);
    });

    it('a repeated request under one Idempotency-Key rotates once', async () => {
      const { license } = await seated();
      const options = { key: vendor.admin, headers: { 'idempotency-key': `rotate-${license.id}` } };
      const first = await door.call<License>(rotateLicenseKey, { licenseId: license.id }, options);
      const again = await door.call<License>(rotateLicenseKey, { licenseId: license.id }, options);
      expect(again.data).toEqual(first.data);
      expect(again.headers.get('idempotency-replayed')).toBe('true');
    });

    it('a revoked license gets no new key; a license that is not there is a 404', async () => {
      const { license } = await seated();
      await manage(revokeLicense, { licenseId: license.id });
      const refused = await rotate(license.id);
      expect([refused.status, refused.error?.details]).toEqual([409, { reason: 'license_revoked' }]);
      expect((await rotate('lic_none')).status).toBe(404);
      const stranger = await createVendor(server);
      const foreign = await manage(rotateLicenseKey, { licenseId: license.id }, stranger.admin);
      expect(foreign.status).toBe(404);
    });
  });
});
