import { getLicense, type License, removeDevice, revokeLicense, updateProduct } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs, secondMs } from '../../src/platform/clock.ts';
import {
  appOf,
  createdStatus,
  digest,
  iso,
  observe,
  parts,
  rowsOf,
  seatsOf,
  setSuspended,
} from '../support/app.ts';
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

    const offering = (defaults: Record<string, unknown> = {}) =>
      vendor.product({ license_defaults: { trial_days: 14, ...defaults } });
    const started = async (device: ReturnType<typeof machine> = machine()) => {
      const product = await offering();
      const input = { product_id: product.id, device };
      const { data, success } = await app.trial(input);
      expect(success).toBe(true);
      return { product, input, trial: data };
    };

    it('a trial starts at once: a license, a seat, a lease, and an event for each of the first two', async () => {
      const product = await offering({ device_limit: 9, grace_days: 7, features: { export: true } });
      const now = server.clock.now();
      const { answer, events, audit } = await observe(server, vendor, () =>
        app.trial({ product_id: product.id, device: machine() }),
      );
      expect(answer.status).toBe(createdStatus(door));
      const end = iso(now + 14 * dayMs);
      expect(answer.data).toMatchObject({
        result: 'started',
        device: { activated_at: iso(now) },
        license: {
          type: 'trial',
          status: 'active',
          expires_at: end,
          grace_ends_at: end,
          device_limit: 1,
          devices_used: 1,
          features: { export: true },
        },
        server_time: iso(now),
        nonce: null,
      });
      expect(events.map(({ type, license_id }) => [type, license_id])).toEqual([
        ['license.created', answer.data.license.id],
        ['license.activated', answer.data.license.id],
      ]);
      expect(audit).toEqual([]);
    });

    it('asked again, the running trial is answered with the same end and nothing happens', async () => {
      const { input, trial } = await started();
      server.clock.advance(3 * dayMs);
      const { answer, eventTypes, audit } = await observe(server, vendor, () => app.trial(input));
      expect(answer.status).toBe(200);
      expect(answer.data).toMatchObject({
        result: 'existing',
        device: { id: trial.device.id },
        license: trial.license,
      });
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
    });

    it('a call whose time lies a moment before the trial began finds it all the same', async () => {
      // Requests read their time when they arrive and wait for the lock after that; two servers' clocks differ too.
      const { input, trial } = await started();
      server.clock.advance(-5);
      const { data, error } = await app.trial(input);
      server.clock.advance(5);
      expect(error).toBeUndefined();
      expect(data).toMatchObject({ result: 'existing', license: trial.license });
    });

    it('a trial runs until the second it ends, and never restarts', async () => {
      const { input, trial } = await started();
      const end = Date.parse(trial.license.expires_at ?? '');
      server.clock.set(end - secondMs);
      expect((await app.trial(input)).data.result).toBe('existing');
      for (const later of [secondMs, 1000 * dayMs]) {
        server.clock.set(end + later);
        const { answer, eventTypes, audit } = await observe(server, vendor, () => app.trial(input));
        expect(answer.status).toBe(403);
        expect(answer.error).toMatchObject({
          code: 'PERMISSION_DENIED',
          details: { reason: 'trial_ended' },
        });
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      }
    });

    it('leaving the machine does not restart a trial: it goes on, to the same end', async () => {
      const { input, trial } = await started();
      const { id } = trial.license;
      const { data: license } = await door.call<License>(
        getLicense,
        { licenseId: id },
        { key: vendor.admin },
      );
      await app.deactivate({ license_key: license.key, device: input.device });
      server.clock.advance(5 * dayMs);
      const { answer, eventTypes } = await observe(server, vendor, () => app.trial(input));
      expect(answer.data).toMatchObject({ result: 'existing', license: trial.license });
      expect(eventTypes).toEqual(['license.activated']);
      await door.call(
        removeDevice,
        { licenseId: id, deviceId: answer.data.device.id },
        { key: vendor.admin },
      );
      server.clock.set(Date.parse(trial.license.expires_at ?? '') + secondMs);
      expect((await app.trial(input)).error?.details).toEqual({ reason: 'trial_ended' });
    });

    it('a product that offers none, or is archived, starts none', async () => {
      const none = await vendor.product();
      const archived = await offering();
      const device = machine();
      await app.trial({ product_id: archived.id, device });
      await door.call(updateProduct, { productId: archived.id, status: 'archived' }, { key: vendor.admin });
      for (const { id } of [none, archived]) {
        const { answer, eventTypes } = await observe(server, vendor, () =>
          app.trial({ product_id: id, device: machine() }),
        );
        expect(answer.status).toBe(403);
        expect(answer.error).toMatchObject({
          code: 'PERMISSION_DENIED',
          details: { reason: 'trial_not_offered' },
        });
        expect(eventTypes).toEqual([]);
      }
      const running = await app.trial({ product_id: archived.id, device });
      expect(running.data.result).toBe('existing');
    });

    it('a revoked or suspended trial is refused as such', async () => {
      const { input, trial } = await started();
      await setSuspended(server, trial.license.id, server.clock.now());
      expect((await app.trial(input)).error?.code).toBe('LICENSE_SUSPENDED');
      await door.call(revokeLicense, { licenseId: trial.license.id }, { key: vendor.admin });
      const { answer, eventTypes } = await observe(server, vendor, () => app.trial(input));
      expect(answer.error?.code).toBe('LICENSE_REVOKED');
      expect(eventTypes).toEqual([]);
    });

    describe('the machine is known again', () => {
      const components = () => parts(unique('serial'));
      it.each(['os_install_id', 'board_id'])('by its %s alone, whatever else changed', async (name) => {
        const own = components();
        const { input, trial } = await started(machine(unique('machine'), { components: own }));
        server.clock.advance(dayMs);
        const { data } = await app.trial({
          ...input,
          device: machine(unique('machine'), { components: { ...components(), [name]: own[name] } }),
        });
        expect(data).toMatchObject({ result: 'existing', license: trial.license });
        expect(await seatsOf(server, trial.license.id)).toBe(1);
      });

      it('by its fingerprint alone', async () => {
        const { input, trial } = await started(machine(unique('machine'), { components: components() }));
        const device = { ...input.device, components: components() };
        expect((await app.trial({ ...input, device })).data.license).toEqual(trial.license);
      });

      it('not by parts that machines of one model share', async () => {
        const own = components();
        const { input, trial } = await started(machine(unique('machine'), { components: own }));
        const { boot_disk, mac, cpu } = own;
        const device = machine(unique('machine'), {
          components: { ...components(), boot_disk, mac, cpu },
        });
        const { data } = await app.trial({ ...input, device });
        expect(data.result).toBe('started');
        expect(data.license.id).not.toBe(trial.license.id);
      });

      it('however often its fingerprint changes', async () => {
        const own = components();
        const { input, trial } = await started(machine(unique('machine'), { components: own }));
        for (let n = 1; n <= 4; n++) {
          const device = machine(unique('machine'), { components: own });
          const { data, error } = await app.trial({ ...input, device });
          expect({ n, error }).toEqual({ n, error: undefined });
          expect(data).toMatchObject({ result: 'existing', license: trial.license });
        }
        expect(await seatsOf(server, trial.license.id)).toBe(1);
      });

      it('by parts it showed only later', async () => {
        const { input, trial } = await started();
        const board_id = digest(unique('board'));
        await app.trial({ ...input, device: { ...input.device, components: { board_id } } });
        const device = machine(unique('machine'), { components: { board_id } });
        const { data } = await app.trial({ ...input, device });
        expect(data.license.id).toBe(trial.license.id);
      });
    });

    it('each product has trials of its own', async () => {
      const { input, trial } = await started();
      const other = await offering();
      const { data } = await app.trial({ ...input, product_id: other.id });
      expect(data.result).toBe('started');
      expect(data.license.id).not.toBe(trial.license.id);
    });

    it('a key bound to one product needs no product_id; any other key does', async () => {
      const product = await offering();
      const bound = await vendor.channelKey([product.id]);
      const device = machine();
      expect((await app.trial({ device }, { key: bound })).data.result).toBe('started');
      const two = await vendor.channelKey([product.id, (await offering()).id]);
      for (const key of [vendor.channel, vendor.admin, two]) {
        const { status, error } = await app.trial({ device }, { key });
        expect(status).toBe(400);
        expect(error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'product_id' }] });
      }
    });

    it('a product beyond the binding of a key is as unknown as any other', async () => {
      const [product, other] = [await offering(), await offering()];
      const bound = await vendor.channelKey([product.id]);
      const stranger = await createVendor(server);
      const device = machine();
      const answers = [
        await app.trial({ product_id: other.id, device }, { key: bound }),
        await app.trial({ product_id: 'prd_unknown', device }, { key: bound }),
        await app.trial({ product_id: product.id, device }, { key: stranger.channel }),
      ];
      expect(new Set(answers.map(({ status, error }) => JSON.stringify({ status, error }))).size).toBe(1);
      expect(answers[0]?.status).toBe(404);
    });

    it('going paid on the same machine takes one seat of the paid license', async () => {
      const { product, input, trial } = await started();
      const paid = await vendor.license({ product_id: product.id, device_limit: 1 });
      const before = await rowsOf(server, trial.license.id);
      const { data } = await app.activate({ license_key: paid.key, device: input.device });
      expect(data).toMatchObject({ result: 'activated', license: { id: paid.id, devices_used: 1 } });
      expect(await seatsOf(server, paid.id)).toBe(1);
      expect(await rowsOf(server, trial.license.id)).toEqual(before);
    });
  });
});
