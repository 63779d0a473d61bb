import { type License, updateLicense } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { iso } from '../support/app.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { filesOf, leaseOf, wholeMachine } from '../support/license-files.ts';
import { useServer } from '../support/test-server.ts';

const daySeconds = 86_400;

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const { issueFor } = filesOf(door, () => vendor);
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    describe('how long a license file lasts', () => {
      const lasts = async (license: License, device: object, lease_days?: number) => {
        const { data } = await issueFor(license, device, { ...(lease_days && { lease_days }) });
        const { exp } = leaseOf(data.file);
        return { exp, days: (exp - Math.floor(server.clock.now() / 1000)) / daySeconds, data };
      };

      it('is what was asked for, else what leases of the license last', async () => {
        const product = await vendor.product({ license_defaults: { lease_days: 5 } });
        const license = await vendor.license({ product_id: product.id, device_limit: 2 });
        expect((await lasts(license, wholeMachine())).days).toBe(5);
        expect((await lasts(license, wholeMachine(), 3660)).days).toBe(3660);
      });

      it('never goes beyond the end of the license and its grace', async () => {
        const expires_at = iso(server.clock.now() + 30 * dayMs);
        const license = await vendor.license({ type: 'timed', expires_at, grace_days: 3 });
        const { data } = await lasts(license, wholeMachine(), 365);
        const { exp, pol } = leaseOf(data.file);
        const hardEnd = Math.ceil(Date.parse(expires_at) / 1000) + 3 * daySeconds;
        expect([exp, pol.grace]).toEqual([hardEnd, 0]);
      });

      it('is never less than what the device has, whatever a later file asks for', async () => {
        const license = await vendor.license();
        const device = wholeMachine();
        const first = await lasts(license, device, 365);
        server.clock.advance(10 * dayMs);
        for (const lease_days of [30, undefined]) {
          const later = await lasts(license, device, lease_days);
          expect(later.exp).toBe(first.exp);
          expect(leaseOf(later.data.file).seq).toBeGreaterThan(leaseOf(first.data.file).seq);
        }
        expect((await lasts(license, device, 400)).days).toBe(400);
      });

      it('but what the license no longer holds is not kept', async () => {
        const far = iso(server.clock.now() + 500 * dayMs);
        const license = await vendor.license({ expires_at: far });
        const device = wholeMachine();
        await lasts(license, device, 365);
        const expires_at = iso(server.clock.now() + 20 * dayMs);
        await door.call(
          updateLicense,
          { licenseId: license.id, expires_at, grace_days: 0 },
          { key: vendor.admin },
        );
        const { exp } = await lasts(license, device, 365);
        expect(exp).toBe(Math.ceil(Date.parse(expires_at) / 1000));
      });

      it.each([0, 3661, 1.5, '30'])('%s days is refused', async (lease_days) => {
        const license = await vendor.license();
        const { status, error } = await issueFor(license, wholeMachine(), { lease_days });
        expect([status, error]).toMatchObject([
          400,
          { code: 'VALIDATION_ERROR', details: [{ path: 'lease_days' }] },
        ]);
      });
    });
  });
});
