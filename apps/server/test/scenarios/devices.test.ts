import { type Device, type License, listDevices, removeDevice } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { appOf, iso, observe, rowsOf, seatsOf } from '../support/app.ts';
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

    const activate = async (license: License, device = machine()) =>
      (await app.activate({ license_key: license.key, device })).data.device.id;
    const remove = (licenseId: string, deviceId: string) =>
      door.call<Device>(removeDevice, { licenseId, deviceId }, { key: vendor.admin });
    const list = (licenseId: string, filter: Record<string, unknown> = {}) =>
      door.call<Device[]>(listDevices, { licenseId, ...filter }, { key: vendor.read_only });
    const ids = async (licenseId: string, filter: Record<string, unknown>) =>
      (await list(licenseId, filter)).data.map(({ id }) => id);

    describe('the list', () => {
      it('shows a device as it described itself, and no lease and no components', async () => {
        const license = await vendor.license();
        const described = {
          name: 'Büro',
          platform: 'win32',
          arch: 'x64',
          os_version: '11',
          app_version: '4.1',
          environment: 'desktop',
        };
        const device = machine(undefined, described);
        const id = await activate(license, device);
        const now = iso(server.clock.now());
        expect((await list(license.id)).data).toEqual([
          {
            id,
            license_id: license.id,
            status: 'active',
            seat: 1,
            ...device,
            activated_at: now,
            deactivated_at: null,
            last_seen_at: now,
          },
        ]);
      });

      it('gives every device once, page by page, newest first, by status when asked', async () => {
        const license = await vendor.license({ device_limit: 10 });
        const made: string[] = [];
        for (let n = 0; n < 5; n++) {
          made.push(await activate(license));
          server.clock.advance(1000);
        }
        await activate(await vendor.license());
        for (const index of [1, 3]) await remove(license.id, made[index] as string);
        const newestFirst = made.toReversed();
        expect(await ids(license.id, {})).toEqual(newestFirst);
        expect(await ids(license.id, { sort: 'created_at' })).toEqual(made);
        expect(await ids(license.id, { status: 'active' })).toEqual([made[4], made[2], made[0]]);
        expect(await ids(license.id, { status: 'deactivated' })).toEqual([made[3], made[1]]);

        const seen: string[] = [];
        let cursor: string | null | undefined;
        do {
          const page = await list(license.id, { limit: 2, ...(cursor && { cursor }) });
          seen.push(...page.data.map(({ id }) => id));
          cursor = page.pagination?.next_cursor;
        } while (cursor);
        expect(seen).toEqual(newestFirst);
      });

      it('refuses a cursor of another license', async () => {
        const [one, two] = [await vendor.license({ device_limit: 3 }), await vendor.license()];
        await activate(one);
        await activate(one);
        const { pagination } = await list(one.id, { limit: 1 });
        const { status, error } = await list(two.id, { limit: 1, cursor: pagination?.next_cursor });
        expect([status, error?.details]).toMatchObject([400, [{ path: 'cursor' }]]);
      });

      it('of a license that is not there is a 404', async () => {
        expect((await list('lic_none')).error?.code).toBe('RESOURCE_NOT_FOUND');
      });
    });

    describe('a device that support deactivates', () => {
      it('frees its seat at once, with one event and one audit row', async () => {
        const license = await vendor.license({ device_limit: 1 });
        const device = machine();
        const id = await activate(license, device);
        const [before] = (await list(license.id)).data;
        server.clock.advance(1000);
        const { answer, events, audit } = await observe(server, vendor, () => remove(license.id, id));
        expect(answer.status).toBe(200);
        expect(answer.data).toEqual({
          ...before,
          status: 'deactivated',
          deactivated_at: iso(server.clock.now()),
        });
        expect(events).toMatchObject([
          {
            type: 'license.deactivated',
            license_id: license.id,
            body: { data: { device_id: id, device: answer.data, license: { devices_used: 0 } } },
          },
        ]);
        expect(audit).toEqual([
          {
            action: 'device.deactivated',
            target_id: id,
            request_id: answer.request_id,
            before,
            after: answer.data,
          },
        ]);
        expect(await seatsOf(server, license.id)).toBe(0);
        expect((await app.validate({ license_key: license.key, device })).data.code).toBe(
          'DEVICE_NOT_ACTIVATED',
        );
        expect(await activate(license)).not.toBe(id);
      });

      it('is deactivated once: again is the same answer, no event, no audit row', async () => {
        const license = await vendor.license();
        const id = await activate(license);
        const first = await remove(license.id, id);
        server.clock.advance(1000);
        const { answer, eventTypes, audit } = await observe(server, vendor, () => remove(license.id, id));
        expect({ status: answer.status, data: answer.data }).toEqual({ status: 200, data: first.data });
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      });

      it('ten times at once frees one seat', async () => {
        const license = await vendor.license({ device_limit: 3 });
        const [id] = [await activate(license), await activate(license)];
        const { eventTypes } = await observe(server, vendor, async () => {
          const answers = await Promise.all(Array.from({ length: 10 }, () => remove(license.id, id)));
          expect(answers.every(({ success }) => success)).toBe(true);
          return answers[0] as never;
        });
        expect(eventTypes).toEqual(['license.deactivated']);
        expect(await seatsOf(server, license.id)).toBe(1);
      });

      it('that is not there, or is on another license, is a 404 that changes nothing', async () => {
        const [license, other] = [await vendor.license(), await vendor.license()];
        const id = await activate(other);
        const before = await allRows(server);
        for (const [licenseId, deviceId] of [
          [license.id, 'dev_none'],
          [license.id, id],
          ['lic_none', id],
        ] as const) {
          const answer = await remove(licenseId, deviceId);
          expect([answer.status, answer.error?.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
        }
        expect(await allRows(server)).toEqual(before);
        expect((await rowsOf(server, other.id)).license.devices_used).toBe(1);
      });
    });
  });
});
