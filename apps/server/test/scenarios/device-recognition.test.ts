import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { appOf, createdStatus, digest, observe, parts, rowsOf, seatsOf } from '../support/app.ts';
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

    const enrolled = async (components: Record<string, string>, fields: Record<string, unknown> = {}) => {
      const license = await vendor.license(fields);
      const device = machine(unique('machine'), { components });
      const { data } = await app.activate({ license_key: license.key, device });
      const activate = (changed: Record<string, unknown>, more = {}) =>
        app.activate({ license_key: license.key, device: { ...device, ...changed }, ...more });
      const validate = (changed: Record<string, unknown>) =>
        app.validate({ license_key: license.key, device: { ...device, ...changed } });
      return { license, device, device_id: data.device.id, activate, validate };
    };

    describe.each(['os_install_id', 'board_id', 'boot_disk', 'mac', 'cpu'])('a changed %s', (name) => {
      it('is survived: the machine keeps its seat, with no event and no audit row', async () => {
        const components = parts(unique('serial'));
        const { license, device_id, activate, validate } = await enrolled(components);
        // A changed strong component changes the fingerprint too, so that alone must not be what saves it.
        const changed = {
          fingerprint: unique('machine'),
          components: { ...components, [name]: digest(unique('new part')) },
        };
        const { answer, eventTypes, audit } = await observe(server, vendor, () => activate(changed));
        expect(answer.status).toBe(200);
        expect(answer.data).toMatchObject({
          result: 'recovered',
          device: { id: device_id },
          license: { devices_used: 1, device_limit: 1 },
        });
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
        expect((await validate(changed)).data).toMatchObject({ valid: true, device: { id: device_id } });
        expect(await seatsOf(server, license.id)).toBe(1);
      });

      it('is survived by validating alone, which takes the change over', async () => {
        const components = parts(unique('serial'));
        const { device_id, activate, validate } = await enrolled(components);
        const changed = {
          fingerprint: unique('machine'),
          components: { ...components, [name]: digest(unique('new part')) },
        };
        expect((await validate(changed)).data).toMatchObject({ valid: true, device: { id: device_id } });
        expect((await activate(changed)).data.result).toBe('already_active');
      });
    });

    it('parts that cannot be read today do not cost the seat', async () => {
      const components = parts(unique('serial'));
      const { device_id, validate } = await enrolled(components);
      const { os_install_id, board_id } = components;
      const { data } = await validate({
        fingerprint: unique('machine'),
        components: { os_install_id, board_id },
      });
      expect(data).toMatchObject({ valid: true, device: { id: device_id } });
    });

    it('what a machine shows for the first time is learned, and then helps to recognize it', async () => {
      const components = parts(unique('serial'));
      const { device_id, activate } = await enrolled({});
      expect((await activate({ components })).data.result).toBe('already_active');
      const renamed = await activate({ components, fingerprint: unique('machine') });
      expect(renamed.data).toMatchObject({ result: 'recovered', device: { id: device_id } });
    });

    it('a machine changed bit by bit is followed, as long as each change is taken over', async () => {
      const components = parts(unique('serial'));
      const { device_id, activate } = await enrolled(components);
      const known = { ...components };
      for (const name of ['os_install_id', 'board_id', 'boot_disk', 'mac', 'cpu']) {
        known[name] = digest(unique('new part'));
        const { data } = await activate({ fingerprint: unique('machine'), components: { ...known } });
        expect(data).toMatchObject({ result: 'recovered', device: { id: device_id } });
        server.clock.advance(16 * dayMs);
      }
    });

    describe('two machines', () => {
      it.each([
        ['that share nothing', {}],
        ['of one model, whose weak parts are equal', { boot_disk: 'd', mac: 'm', cpu: 'c' }],
        ['made from one cloned image', { os_install_id: 'o', cpu: 'c' }],
        ['that swapped a board', { board_id: 'b', mac: 'm' }],
      ])('%s never share a seat', async (_case, shared) => {
        const common = Object.fromEntries(
          Object.entries(shared).map(([name, part]) => [name, digest(unique(part))]),
        );
        const { license, device_id, activate } = await enrolled(
          { ...parts(unique('serial')), ...common },
          { device_limit: 2 },
        );
        const second = {
          fingerprint: unique('machine'),
          components: { ...parts(unique('serial')), ...common },
        };
        const { answer, eventTypes } = await observe(server, vendor, () => activate(second));
        expect(answer.status).toBe(createdStatus(door));
        expect(answer.data).toMatchObject({ result: 'activated', license: { devices_used: 2 } });
        expect(answer.data.device.id).not.toBe(device_id);
        expect(eventTypes).toEqual(['license.activated']);
        expect(await seatsOf(server, license.id)).toBe(2);
      });

      it('without components are told apart by their fingerprints', async () => {
        const { license, activate } = await enrolled({}, { device_limit: 2 });
        expect((await activate({ fingerprint: unique('machine') })).data.result).toBe('activated');
        expect(await seatsOf(server, license.id)).toBe(2);
      });
    });

    describe('changed parts are taken over at most twice in 30 days', () => {
      const changedTwice = async (fields: Record<string, unknown> = {}) => {
        const components = parts(unique('serial'));
        const seat = await enrolled(components, fields);
        for (let n = 0; n < 2; n++) {
          const { data } = await seat.activate({ components, fingerprint: unique('machine') });
          expect(data.result).toBe('recovered');
        }
        return { ...seat, again: () => ({ components, fingerprint: unique('machine') }) };
      };

      it('and the third change needs a seat of its own', async () => {
        const { license, device_id, activate, again } = await changedTwice({ device_limit: 2 });
        const third = again();
        const { answer, eventTypes } = await observe(server, vendor, () => activate(third));
        expect(answer.data).toMatchObject({ result: 'activated', license: { devices_used: 2 } });
        expect(answer.data.device.id).not.toBe(device_id);
        expect(eventTypes).toEqual(['license.activated']);
        expect((await activate(third)).data.result).toBe('already_active');
        expect(await seatsOf(server, license.id)).toBe(2);
      });

      it('and the third is refused on a full license, and changes nothing', async () => {
        const { license, activate, again } = await changedTwice();
        const before = await rowsOf(server, license.id);
        const { answer, eventTypes } = await observe(server, vendor, () => activate(again()));
        expect(answer.error).toMatchObject({ code: 'DEVICE_LIMIT_REACHED', details: { limit: 1, used: 1 } });
        expect(eventTypes).toEqual([]);
        expect(await rowsOf(server, license.id)).toEqual(before);
      });

      it('and who is refused then may still replace the old device, as the refusal advises', async () => {
        const { license, device_id, activate, again } = await changedTwice();
        const third = again();
        expect((await activate(third)).error?.code).toBe('DEVICE_LIMIT_REACHED');
        const { answer, eventTypes } = await observe(server, vendor, () =>
          activate(third, { replace_device_id: device_id }),
        );
        expect(answer.data.result).toBe('replaced');
        expect(eventTypes).toEqual(['license.deactivated', 'license.activated']);
        expect(await seatsOf(server, license.id)).toBe(1);
      });

      it('and may be again when the first of the two is 30 days old', async () => {
        const { device_id, activate, again } = await changedTwice();
        server.clock.advance(30 * dayMs - 1);
        expect((await activate(again())).error?.code).toBe('DEVICE_LIMIT_REACHED');
        server.clock.advance(1);
        expect((await activate(again())).data).toMatchObject({
          result: 'recovered',
          device: { id: device_id },
        });
      });

      it('while the machine keeps its fingerprint, its seat is never in question', async () => {
        const components = parts(unique('serial'));
        const { device_id, activate } = await enrolled(components);
        for (let n = 0; n < 5; n++) {
          const { data } = await activate({ components: { ...components, mac: digest(unique('usb')) } });
          expect(data).toMatchObject({ result: 'already_active', device: { id: device_id } });
        }
      });
    });
  });
});
