import {
  activateLicense,
  getLicense,
  type License,
  type ProcedureContract,
  renewLicense,
  revokeLicense,
  suspendLicense,
  validateLicense,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

const second = 1_000;
const day = 86_400 * second;
const iso = (epochMs: number) => new Date(epochMs).toISOString();

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call<License>(contract, input, { key: vendor.admin });
    const renew = (licenseId: string, more: Record<string, unknown> = {}) =>
      manage(renewLicense, { licenseId, ...more });
    const app = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call<{ code: string; lease: { expires_at: string } }>(contract, input, { key: vendor.channel });
    const read = async (licenseId: string) =>
      (await door.call<License>(getLicense, { licenseId }, { key: vendor.read_only })).data;

    const newLicense = async (fields: Record<string, unknown> = {}, defaults: object = {}) => {
      const product = await vendor.product({ license_defaults: { grace_days: 7, ...defaults } });
      return vendor.license({ product_id: product.id, type: 'timed', ...fields });
    };
    /** A license of 30 days and 7 of grace, and the moment its end or its grace ends. */
    const ending = async (at: 'end' | 'grace', offset: number) => {
      const license = await newLicense({ duration_days: 30 });
      const end = Date.parse(license.expires_at ?? '');
      server.clock.set(end + (at === 'grace' ? 7 * day : 0) + offset);
      return { id: license.id, end, now: server.clock.now() };
    };

    describe.each([
      ['end', -second],
      ['end', second],
      ['grace', -second],
      ['grace', second],
    ] as const)('at the %s %i ms', (at, offset) => {
      it('from expiry keeps the rhythm, whatever the time is', async () => {
        const { id, end } = await ending(at, offset);
        const { data } = await renew(id, { from: 'expiry', duration_days: 90 });
        expect(data.expires_at).toBe(iso(end + 90 * day));
      });

      it('from now starts afresh', async () => {
        const { id, now } = await ending(at, offset);
        expect((await renew(id, { from: 'now', duration_days: 10 })).data.expires_at).toBe(
          iso(now + 10 * day),
        );
      });

      it('from now if expired gives no days away and takes none; it is what happens when nothing is said', async () => {
        for (const from of [{}, { from: 'now_if_expired' }]) {
          const { id, end, now } = await ending(at, offset);
          const { data } = await renew(id, from);
          expect(data.expires_at).toBe(iso(Math.max(end, now) + 30 * day));
          expect(data.status).toBe('active');
        }
      });
    });

    it('an expired license is valid again on the next request, with a lease that reaches as far as it may', async () => {
      const license = await newLicense({ duration_days: 10, grace_days: 0 });
      const proof = { license_key: license.key, device: machine() };
      await app(activateLicense, proof);
      const end = Date.parse(license.expires_at ?? '');
      server.clock.set(end - second);
      expect((await app(validateLicense, proof)).data.code).toBe('VALID');
      server.clock.set(end + second);
      expect((await app(validateLicense, proof)).data.code).toBe('LICENSE_EXPIRED');
      const { data } = await renew(license.id);
      expect(data.status).toBe('active');
      const valid = await app(validateLicense, proof);
      expect(valid.data.code).toBe('VALID');
      expect(Date.parse(valid.data.lease.expires_at)).toBeGreaterThan(end);
      // Leases count in whole seconds; the one in which the license ends still counts.
      const newEnd = Math.ceil(Date.parse(data.expires_at ?? '') / second) * second;
      expect(Date.parse(valid.data.lease.expires_at)).toBeLessThanOrEqual(newEnd);
    });

    it('lengths are days: months and leap years make no difference', async () => {
      const cases: [string, number, string][] = [
        ['2028-02-28T12:00:00.000Z', 1, '2028-02-29T12:00:00.000Z'],
        ['2028-02-28T12:00:00.000Z', 2, '2028-03-01T12:00:00.000Z'],
        ['2029-02-28T12:00:00.000Z', 1, '2029-03-01T12:00:00.000Z'],
        ['2028-02-29T23:59:59.999Z', 365, '2029-02-28T23:59:59.999Z'],
        ['2029-01-31T00:00:00.000Z', 30, '2029-03-02T00:00:00.000Z'],
        ['2028-12-31T23:59:59.000Z', 1, '2029-01-01T23:59:59.000Z'],
      ];
      for (const [expires_at, duration_days, expected] of cases) {
        const license = await newLicense({ expires_at: '2040-01-01T00:00:00.000Z' });
        // Set directly: the clock of these tests may be past some of these dates.
        const end = Date.parse(expires_at);
        await server.platform.uow.runInternal(async (tx) => {
          const row = await tx.licenses.findForUpdate(vendor.account_id, license.id);
          if (row) await tx.licenses.replace({ ...row, starts_at: end - day, expires_at: end });
        });
        const { data } = await renew(license.id, { from: 'expiry', duration_days });
        expect(data.expires_at).toBe(expected);
      }
    });

    it('writes one audit entry, no event, and changes nothing but the end', async () => {
      const { id: licenseId } = await newLicense({ duration_days: 30 });
      const before = await read(licenseId);
      const was = await sideEffects(server, vendor);
      const { data, request_id } = await renew(licenseId);
      expect(data).toEqual({
        ...before,
        expires_at: data.expires_at,
        updated_at: data.updated_at,
        version: before.version + 1,
      });
      const is = await sideEffects(server, vendor);
      expect(is.events).toEqual(was.events);
      expect(is.audit.filter((entry) => entry.request_id === request_id)).toEqual([
        { action: 'license.renewed', target_id: licenseId, request_id, before, after: data },
      ]);
      expect(await read(licenseId)).toEqual(data);
    });

    it('a suspended license is renewed and stays suspended', async () => {
      const license = await newLicense({ duration_days: 30 });
      await manage(suspendLicense, { licenseId: license.id });
      const { data } = await renew(license.id);
      expect(data.status).toBe('suspended');
      expect(Date.parse(data.expires_at ?? '')).toBe(Date.parse(license.expires_at ?? '') + 30 * day);
    });

    describe('is refused, and nothing is written,', () => {
      const expectRefused = async (licenseId: string, reason: string, more: Record<string, unknown> = {}) => {
        const before = await read(licenseId);
        const audit = (await sideEffects(server, vendor)).audit.length;
        const answer = await renew(licenseId, more);
        expect(answer.status).toBe(409);
        expect(answer.error).toMatchObject({ code: 'CONFLICT', details: { reason } });
        expect(await read(licenseId)).toEqual(before);
        expect((await sideEffects(server, vendor)).audit).toHaveLength(audit);
      };

      it('for a perpetual license', async () => {
        const license = await vendor.license({ type: 'perpetual' });
        await expectRefused(license.id, 'license_has_no_end', { duration_days: 30 });
      });

      it('before the first activation of a license that runs from then', async () => {
        const license = await newLicense({ duration_days: 30 }, { expiry_basis: 'first_activation' });
        await expectRefused(license.id, 'license_has_no_end');
      });

      it('when nobody says for how long', async () => {
        const license = await newLicense({ expires_at: iso(server.clock.now() + day) });
        await expectRefused(license.id, 'duration_unknown');
        expect((await renew(license.id, { duration_days: 1 })).status).toBe(200);
      });

      it('for a revoked license', async () => {
        const license = await newLicense({ duration_days: 30 });
        await manage(revokeLicense, { licenseId: license.id });
        await expectRefused(license.id, 'license_revoked');
      });
    });

    it('an end that no license can have is refused as a fault of the request, never as ours', async () => {
      const late = await newLicense({ expires_at: '9999-12-01T00:00:00Z' });
      const beyond = await renew(late.id, { from: 'expiry', duration_days: 365 });
      expect(beyond.status, 'past the year 9999').toBeOneOf([400, 409]);
      expect((await read(late.id)).expires_at).toBe('9999-12-01T00:00:00.000Z');

      const now = server.clock.now();
      const future = await newLicense({ starts_at: iso(now + 100 * day), expires_at: iso(now + 130 * day) });
      const inverted = await renew(future.id, { from: 'now', duration_days: 30 });
      expect(inverted.status, 'before the start').toBeOneOf([400, 409]);
      expect((await read(future.id)).expires_at).toBe(future.expires_at);
    });

    it('takes whole days from 1 to a century, and one of three bases', async () => {
      const license = await newLicense({ duration_days: 30 });
      for (const [field, value] of [
        ['duration_days', 0],
        ['duration_days', -1],
        ['duration_days', 1.5],
        ['duration_days', 36_501],
        ['duration_days', '30'],
        ['from', 'start'],
        ['days', 30],
      ] as const) {
        const answer = await renew(license.id, { [field]: value });
        expect([answer.status, answer.error?.details]).toMatchObject([400, [{ path: field }]]);
      }
      expect((await renew('lic_none')).status).toBe(404);
    });
  });
});
