import { activateLicense, deactivateLicense, eraseCustomer, type License } from '@thrivetech/contracts';
import type { PublicJwk } from '@thrivetech/lease';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { appOf, claimsOf, createdStatus, digest, observe, rowsOf, seatsOf } from '../support/app.ts';
import { createVendor, licenseRequest, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { bulletinOf, filesOf, importFile, leaseOf, wholeMachine } from '../support/license-files.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let rootKeys: PublicJwk[];
    const app = appOf(door, () => vendor.channel);
    const { issue, issueFor } = filesOf(door, () => vendor);
    beforeAll(async () => {
      vendor = await createVendor(server);
      // What the vendor built into the app, long before.
      const published = await (await fetch(`${server.baseUrl}/.well-known/thrive-keys.json`)).json();
      rootKeys = (published as { root_keys: PublicJwk[] }).root_keys;
    });
    const imported = (
      file: Parameters<typeof importFile>[0],
      request: ReturnType<typeof licenseRequest>,
      now = server.clock.now(),
    ) => importFile(file, { request, rootKeys, now });
    const activate = (license: License, device: object) =>
      door.call<{ result: string; device: { id: string } }>(
        activateLicense,
        { license_key: license.key, device },
        { key: vendor.channel },
      );

    it('a machine without a network gets a lease that verifies with the root key alone', async () => {
      const license = await vendor.license({ features: { export: true } });
      const request = licenseRequest(license.product_id, { device: wholeMachine() });
      const { status, data } = await issue({ licenseId: license.id, request, lease_days: 365 });
      expect(status).toBe(createdStatus(door));
      expect(data).toMatchObject({
        result: 'activated',
        device: { license_id: license.id, status: 'active', fingerprint: request.device.fingerprint },
        license: { id: license.id, devices_used: 1 },
        file: { format: 'thrive-license-file', version: 1 },
      });
      expect(data.license.key).not.toBe(license.key);
      const verdict = imported(data.file, request);
      expect(verdict).toMatchObject({
        ok: true,
        state: 'active',
        claims: { sub: license.id, dev: data.device.id, ent: { export: true }, lic: { status: 'active' } },
      });
      expect(imported(data.file, request, server.clock.now() + 364 * dayMs)).toMatchObject({ ok: true });
      expect(imported(data.file, request, server.clock.now() + 373 * dayMs)).toMatchObject({
        error: 'LEASE_EXPIRED',
      });
    });

    it('answers this request on this machine, and no other', async () => {
      const license = await vendor.license();
      const request = licenseRequest(license.product_id, { device: wholeMachine() });
      const { data } = await issue({ licenseId: license.id, request });
      expect(imported(data.file, { ...request, device: wholeMachine() })).toMatchObject({
        error: 'DEVICE_MISMATCH',
      });
      const other = licenseRequest(license.product_id, { device: request.device });
      expect(imported(data.file, other)).toMatchObject({ error: 'WRONG_NONCE' });
    });

    it('a seat that was taken is told by one event, and every file by an audit entry: by whom, when, for which device', async () => {
      const license = await vendor.license();
      const device = wholeMachine();
      const first = await observe(server, vendor, () => issueFor(license, device));
      expect(first.eventTypes).toEqual(['license.activated']);
      expect(first.events[0]?.body).toMatchObject({ data: { device_id: first.answer.data.device.id } });
      const again = await observe(server, vendor, () => issueFor(license, device));
      expect(again.eventTypes).toEqual([]);
      for (const { audit, answer } of [first, again]) {
        expect(audit).toMatchObject([
          {
            action: 'device.file_issued',
            target_id: answer.data.device.id,
            request_id: answer.request_id,
            after: { id: answer.data.device.id, license_id: license.id, result: answer.data.result },
          },
        ]);
      }
      const entries = await server.platform
        .database('audit_entries')
        .where({ action: 'device.file_issued', target_id: first.answer.data.device.id });
      const own = await server.platform
        .database('api_keys')
        .where({ account_id: vendor.account_id, type: 'admin' })
        .first();
      expect(entries.map(({ actor_id, created_at }) => [actor_id, created_at])).toEqual([
        [own.id, server.clock.now()],
        [own.id, server.clock.now()],
      ]);
    });

    describe('seats are those of activation', () => {
      it('the same machine never takes two, by file or online, with its fingerprint or another', async () => {
        const license = await vendor.license();
        const device = wholeMachine();
        const { data } = await issueFor(license, device);
        const again = await issueFor(license, device);
        expect([again.status, again.data.result, again.data.device.id]).toEqual([
          200,
          'already_active',
          data.device.id,
        ]);
        const moved = { ...device, fingerprint: unique('machine') };
        const recovered = await issueFor(license, moved);
        expect([recovered.status, recovered.data.result]).toEqual([200, 'recovered']);
        expect((await activate(license, moved)).data).toMatchObject({
          result: 'already_active',
          device: { id: data.device.id },
        });
        expect(await seatsOf(server, license.id)).toBe(1);
      });

      it('of 10 files for 10 machines at once exactly as many are issued as there are seats', async () => {
        const license = await vendor.license({ device_limit: 3 });
        const answers = await Promise.all(
          Array.from({ length: 10 }, () => issueFor(license, wholeMachine())),
        );
        expect(answers.filter(({ success }) => success)).toHaveLength(3);
        expect(await seatsOf(server, license.id)).toBe(3);
      });

      it('at the limit it is refused, and nothing is left behind', async () => {
        const license = await vendor.license({ device_limit: 1 });
        await activate(license, wholeMachine());
        const before = await rowsOf(server, license.id);
        const { answer, eventTypes, audit } = await observe(server, vendor, () =>
          issueFor(license, wholeMachine()),
        );
        expect([answer.status, answer.error]).toMatchObject([
          409,
          { code: 'DEVICE_LIMIT_REACHED', details: { limit: 1, used: 1 } },
        ]);
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
        expect(await rowsOf(server, license.id)).toEqual(before);
      });

      it('`replace_device_id` swaps a device for this one, and the file withdraws it', async () => {
        const license = await vendor.license({ device_limit: 1 });
        const old = await issueFor(license, wholeMachine());
        const replace_device_id = old.data.device.id;
        const { answer, eventTypes, audit } = await observe(server, vendor, () =>
          issueFor(license, wholeMachine(), { replace_device_id }),
        );
        expect([answer.status, answer.data.result]).toEqual([200, 'replaced']);
        expect(eventTypes).toEqual(['license.deactivated', 'license.activated']);
        expect(audit).toMatchObject([{ after: { replaced_device_id: replace_device_id } }]);
        expect(await seatsOf(server, license.id)).toBe(1);
        expect(bulletinOf(answer.data.file).devices).toEqual([replace_device_id]);
        const unknown = await issueFor(license, wholeMachine(), { replace_device_id: 'dev_none' });
        expect([unknown.status, unknown.error?.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
      });
    });

    it('the bulletin names the devices that lost their seat, the newest first, and stops an older file of them', async () => {
      const license = await vendor.license({ device_limit: 3 });
      const [one, two, stays] = [wholeMachine(), wholeMachine(), wholeMachine()];
      const request = licenseRequest(license.product_id, { device: one });
      const older = await issue({ licenseId: license.id, request });
      const ended = [older.data.device.id, (await activate(license, two)).data.device.id];
      for (const device_id of ended) {
        server.clock.advance(1000);
        await door.call(deactivateLicense, { license_key: license.key, device_id }, { key: vendor.channel });
      }
      server.clock.advance(1000);
      const { data } = await issueFor(license, stays);
      expect(bulletinOf(data.file)).toMatchObject({ leases: [], licenses: [], devices: ended.toReversed() });
      expect(imported(older.data.file, request)).toMatchObject({ ok: true });
      const withNewer = { ...older.data.file, revocations: data.file.revocations };
      expect(imported(withNewer, request)).toMatchObject({ error: 'REVOKED' });
      const back = licenseRequest(license.product_id, { device: one });
      const returned = await issue({ licenseId: license.id, request: back });
      expect(imported(returned.data.file, back)).toMatchObject({ ok: true });
    });

    it('the bulletin of a clock that was set back is not below the one before', async () => {
      const license = await vendor.license({ device_limit: 2 });
      const { data } = await issueFor(license, wholeMachine(), {});
      const device_id = data.device.id;
      await door.call(deactivateLicense, { license_key: license.key, device_id }, { key: vendor.channel });
      const before = await issueFor(license, wholeMachine());
      server.clock.advance(-60_000);
      const after = await issueFor(license, wholeMachine());
      server.clock.advance(60_000);
      expect(bulletinOf(after.data.file).seq).toBeGreaterThanOrEqual(bulletinOf(before.data.file).seq);
    });

    it('a machine that comes online goes on with its seat', async () => {
      const license = await vendor.license();
      const device = wholeMachine();
      const { data } = await issueFor(license, device, { lease_days: 365 });
      const online = await app.validate({ license_key: license.key, device, nonce: 'B'.repeat(22) });
      expect([online.data.code, online.data.device?.id]).toEqual(['VALID', data.device.id]);
      expect(claimsOf(online.data.lease).seq).toBeGreaterThan(leaseOf(data.file).seq);
    });

    it('the same call again under its idempotency key gets the same file, and is done once', async () => {
      const license = await vendor.license();
      const input = {
        licenseId: license.id,
        request: licenseRequest(license.product_id, { device: wholeMachine() }),
      };
      const headers = { 'idempotency-key': unique('file') };
      const first = await issue(input, vendor.admin, headers);
      const { answer, eventTypes, audit } = await observe(server, vendor, () =>
        issue(input, vendor.admin, headers),
      );
      expect([answer.status, answer.data]).toEqual([first.status, first.data]);
      expect(answer.headers.get('idempotency-replayed')).toBe('true');
      expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
    });

    it('leaves the name of the machine nowhere once its customer is erased', async () => {
      const customer = await vendor.customer();
      const license = await vendor.license({ customer_id: customer.id });
      const name = unique('Room');
      const { data } = await issueFor(license, { ...wholeMachine(), name });
      const rows = () =>
        server.platform
          .database('audit_entries')
          .where({ action: 'device.file_issued', target_id: data.device.id });
      expect(JSON.stringify(await rows())).toContain(name);
      await door.call(eraseCustomer, { customerId: customer.id }, { key: vendor.admin });
      expect(await rows()).toMatchObject([{ before: null, after: null }]);
    });

    it('holds nothing about whose license it is, and no license key', async () => {
      const customer = await vendor.customer({ name: 'Ada Lovelace', company: 'Analytical' });
      const license = await vendor.license({ customer_id: customer.id, notes: 'Pays late' });
      const device = { ...wholeMachine(), name: 'Control room' };
      const { data } = await issueFor(license, device);
      const text = [data.file.lease, data.file.keyset, data.file.revocations]
        .map((token) => JSON.stringify(claimsOf({ token })))
        .join();
      const secrets = [
        ...[customer.id, customer.email, license.key, vendor.account_id, device.fingerprint],
        ...['Ada', 'Analytical', 'Pays late', 'Control room', digest('cpu')],
        ...Object.values(device.components as object),
      ];
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    });
  });
});
