import {
  getLicense,
  type License,
  listDevices,
  revokeLicense,
  type ValidationDetail,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { appOf, iso, observe, rowsOf, seatsOf, setSuspended } from '../support/app.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
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

    const revoke = (licenseId: string, fields: Record<string, unknown> = {}, headers = {}) =>
      door.call<License>(revokeLicense, { licenseId, ...fields }, { key: vendor.admin, headers });
    const withDevices = async (count: number) => {
      const customer = await vendor.customer();
      const license = await vendor.license({ device_limit: 5, customer_id: customer.id });
      const devices: string[] = [];
      for (let n = 0; n < count; n++) {
        const { data } = await app.activate({ license_key: license.key, device: machine() });
        devices.push(data.device.id);
      }
      return { license, devices, customer };
    };

    it('frees every seat: one event for each device, then one for the license, and one audit row', async () => {
      const { license, devices, customer } = await withDevices(3);
      const left = machine();
      await app.activate({ license_key: license.key, device: left });
      await app.deactivate({ license_key: license.key, device: left });
      const masked = `••••-${license.key.replaceAll('-', '').slice(-4)}`;
      server.clock.advance(1000);
      const now = iso(server.clock.now());

      const { answer, events, audit } = await observe(server, vendor, () => revoke(license.id));
      expect(answer.status).toBe(200);
      expect(answer.data).toEqual({
        ...license,
        key: masked,
        status: 'revoked',
        devices_used: 0,
        first_activated_at: expect.any(String),
        revoked_at: now,
        updated_at: now,
        version: 2,
      });
      expect(events.map(({ type }) => type)).toEqual([
        ...Array(3).fill('license.deactivated'),
        'license.revoked',
      ]);
      const bodies = events.map(({ body }) => body['data'] as Record<string, unknown>);
      expect(bodies.slice(0, 3).map((data) => data['device_id'])).toEqual(devices);
      expect(bodies.map((data) => (data['license'] as License).devices_used)).toEqual([2, 1, 0, 0]);
      expect(bodies[3]).toEqual({
        license_id: license.id,
        product_id: license.product_id,
        customer_id: customer.id,
        customer_email: customer.email,
        license: answer.data,
      });
      expect(audit).toMatchObject([
        {
          action: 'license.revoked',
          target_id: license.id,
          request_id: answer.request_id,
          before: { status: 'active', devices_used: 3, key: masked },
          after: answer.data,
        },
      ]);
      expect(await seatsOf(server, license.id)).toBe(0);
      const stays = await door.call(listDevices, { licenseId: license.id }, { key: vendor.admin });
      expect(stays.data).toHaveLength(4);
    });

    it('once more is the same fact: the same answer, no event, no audit row, no changed row', async () => {
      const { license } = await withDevices(1);
      const first = await revoke(license.id);
      server.clock.advance(1000);
      const before = await allRows(server);
      const { answer, eventTypes, audit } = await observe(server, vendor, () =>
        revoke(license.id, { reason: 'again' }),
      );
      expect({ status: answer.status, data: answer.data }).toEqual({ status: 200, data: first.data });
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      expect(await allRows(server)).toEqual(before);
    });

    it('ten times at once happens once', async () => {
      const { license } = await withDevices(2);
      const {
        answer: answers,
        eventTypes,
        audit,
      } = await observe(server, vendor, async () => {
        const all = await Promise.all(Array.from({ length: 10 }, () => revoke(license.id)));
        return all as never;
      });
      const data = (answers as unknown as { data: License }[]).map((answer) => JSON.stringify(answer.data));
      expect(new Set(data).size).toBe(1);
      expect(eventTypes).toEqual(['license.deactivated', 'license.deactivated', 'license.revoked']);
      expect(audit).toHaveLength(1);
    });

    it('is final: the key is refused for good, and frees nothing twice', async () => {
      const { license } = await withDevices(0);
      const device = machine();
      await app.activate({ license_key: license.key, device });
      await revoke(license.id);
      const rows = await rowsOf(server, license.id);
      for (const proof of [
        { license_key: license.key, device },
        { license_key: license.key, device: machine() },
      ]) {
        expect((await app.activate(proof)).error?.code).toBe('LICENSE_REVOKED');
        const { data } = await app.validate(proof);
        expect(data).toMatchObject({ valid: false, code: 'LICENSE_REVOKED' });
        expect(data).not.toHaveProperty('lease');
      }
      expect(await rowsOf(server, license.id)).toEqual(rows);
    });

    it('goes before every other state', async () => {
      const { license } = await withDevices(1);
      await setSuspended(server, license.id, server.clock.now());
      expect((await revoke(license.id)).data.status).toBe('revoked');
    });

    describe('the reason', () => {
      it('is in the audit log, and nowhere else', async () => {
        const { license } = await withDevices(1);
        const reason = 'Chargeback MARKER-4711';
        const { answer, events, audit } = await observe(server, vendor, () => revoke(license.id, { reason }));
        expect(audit).toMatchObject([{ action: 'license.revoked', after: { reason } }]);
        expect(JSON.stringify([answer.data, events])).not.toContain('MARKER-4711');
        const again = await revoke(license.id);
        const read = await door.call(getLicense, { licenseId: license.id }, { key: vendor.read_only });
        const refused = await app.activate({ license_key: license.key, device: machine() });
        expect(JSON.stringify([again.data, read.data, refused.error])).not.toContain('MARKER-4711');
      });

      it('is a line of text of at most 500 characters', async () => {
        const { license } = await withDevices(0);
        for (const reason of ['', ' ', 'x'.repeat(501), 'a\nb', 7, null]) {
          const { status, error } = await revoke(license.id, { reason });
          const paths = ((error?.details ?? []) as ValidationDetail[]).map(({ path }) => path);
          expect([status, new Set(paths)]).toEqual([400, new Set(['reason'])]);
        }
        expect((await rowsOf(server, license.id)).license.revoked_at).toBeNull();
      });
    });

    it('under an Idempotency-Key is answered again with the first answer', async () => {
      const { license } = await withDevices(1);
      const headers = { 'idempotency-key': `revoke-${license.id}` };
      const first = await revoke(license.id, { reason: 'x' }, headers);
      const second = await revoke(license.id, { reason: 'x' }, headers);
      expect(second.data).toEqual(first.data);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
    });

    it('of a license that is not there is a 404', async () => {
      const answer = await revoke('lic_none');
      expect([answer.status, answer.error?.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
    });
  });
});
