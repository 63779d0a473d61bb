import { revokeLicense } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { iso, observe, seatsOf } from '../support/app.ts';
import { createVendor, licenseRequest, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { filesOf, wholeMachine } from '../support/license-files.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const { issue, issueFor } = filesOf(door, () => vendor);
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    describe('a license file is refused', () => {
      it('of a license that does not hold, like an activation', async () => {
        const now = server.clock.now();
        const revoked = await vendor.license();
        await door.call(revokeLicense, { licenseId: revoked.id }, { key: vendor.admin });
        const expired = await vendor.license({
          ...{ type: 'timed', starts_at: iso(now - 9 * dayMs), expires_at: iso(now - dayMs), grace_days: 0 },
        });
        const early = await vendor.license({ starts_at: iso(now + dayMs) });
        for (const [license, status, error] of [
          [revoked, 403, { code: 'LICENSE_REVOKED' }],
          [expired, 403, { code: 'LICENSE_EXPIRED' }],
          [early, 409, { code: 'CONFLICT', details: { reason: 'license_not_started' } }],
        ] as const) {
          const { answer, eventTypes, audit } = await observe(server, vendor, () =>
            issueFor(license, wholeMachine()),
          );
          expect([answer.status, answer.error]).toMatchObject([status, error]);
          expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
        }
      });

      it('of a floating license: its seat lives by heartbeats that this machine cannot send', async () => {
        const license = await vendor.license({ type: 'floating', device_limit: 5 });
        const { status, error } = await issueFor(license, wholeMachine());
        expect([status, error]).toMatchObject([
          409,
          { code: 'CONFLICT', details: { reason: 'floating_license' } },
        ]);
        expect(await seatsOf(server, license.id)).toBe(0);
      });

      it('to a key that may not manage licenses', async () => {
        const license = await vendor.license();
        const input = { licenseId: license.id, request: licenseRequest(license.product_id) };
        for (const key of [vendor.read_only, vendor.channel]) {
          const { status, error } = await issue(input, key);
          expect([status, error]).toMatchObject([
            403,
            { code: 'PERMISSION_DENIED', details: { reason: 'key_type' } },
          ]);
        }
        expect(await seatsOf(server, license.id)).toBe(0);
      });

      it("of another account's license, which is not found", async () => {
        const license = await (await createVendor(server)).license();
        const { status, error } = await issueFor(license, wholeMachine());
        expect([status, error?.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
        expect(await seatsOf(server, license.id)).toBe(0);
      });

      it('for the request of another product or another license, and says so', async () => {
        const [license, other] = [await vendor.license(), await vendor.license()];
        for (const [path, fields] of [
          ['request.product_id', { product_id: other.product_id }],
          ['request.license_id', { license_id: other.id }],
        ] as const) {
          const request = licenseRequest(license.product_id, fields);
          const { status, error } = await issue({ licenseId: license.id, request });
          expect([status, error]).toMatchObject([400, { code: 'VALIDATION_ERROR', details: [{ path }] }]);
        }
        expect(await seatsOf(server, license.id)).toBe(0);
      });

      it.each([
        ['of another format', { format: 'thrive-license-file' }],
        ['of a later version', { version: 2 }],
        ['with a field that nobody knows', { note: 'x' }],
        ['without a nonce', { nonce: undefined }],
        ['with a machine that is none', { device: { fingerprint: 'x' } }],
      ])('for a request %s', async (_what, fields) => {
        const license = await vendor.license();
        const request = licenseRequest(license.product_id, fields);
        const { status, error } = await issue({ licenseId: license.id, request });
        expect([status, error?.code]).toEqual([400, 'VALIDATION_ERROR']);
      });
    });
  });
});
