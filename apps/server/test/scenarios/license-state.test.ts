import { revokeLicense, updateLicense } from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { dayMs, secondMs } from '../../src/platform/clock.ts';
import { appOf, iso, observe, rowsOf, seatsOf, setSuspended } from '../support/app.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
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

    const activated = async (fields: Record<string, unknown> = {}) => {
      const license = await vendor.license({ device_limit: 2, ...fields });
      const proof = { license_key: license.key, device: machine() };
      const { success } = await app.activate(proof);
      expect(success).toBe(true);
      return { license, proof };
    };
    const revoke = (licenseId: string) => door.call(revokeLicense, { licenseId }, { key: vendor.admin });

    /** What an activation by a new machine and a validation by the seated one get to hear; neither may change a row. */
    const judged = async (license: { id: string; key: string }, proof: Record<string, unknown>) => {
      const before = await rowsOf(server, license.id);
      const { answer, eventTypes, audit } = await observe(server, vendor, () =>
        app.activate({ license_key: license.key, device: machine() }),
      );
      expect({ success: answer.success, eventTypes, audit }).toEqual({
        success: false,
        eventTypes: [],
        audit: [],
      });
      const again = await app.activate(proof);
      expect({ status: again.status, error: again.error }).toEqual({
        status: answer.status,
        error: answer.error,
      });
      const { status, data } = await app.validate(proof);
      expect(status).toBe(200);
      expect(data.valid).toBe(false);
      expect(data).not.toHaveProperty('lease');
      expect(await rowsOf(server, license.id)).toEqual(before);
      return {
        activate: [answer.status, answer.error?.code],
        validate: data.code,
        license: data.license?.status,
      };
    };

    it('an expired license is refused from the second it ends, and not a second before', async () => {
      const expires_at = server.clock.now() + 30 * dayMs;
      const { license, proof } = await activated({ expires_at: iso(expires_at), grace_days: 0 });
      server.clock.set(expires_at - secondMs);
      expect((await app.validate(proof)).data).toMatchObject({ valid: true, license: { status: 'active' } });
      expect((await app.activate({ ...proof, device: machine() })).data.result).toBe('activated');
      server.clock.set(expires_at + secondMs);
      expect(await judged(license, proof)).toEqual({
        activate: [403, 'LICENSE_EXPIRED'],
        validate: 'LICENSE_EXPIRED',
        license: 'expired',
      });
      expect(await seatsOf(server, license.id)).toBe(2);
    });

    it('in the days of grace everything works, after them nothing does', async () => {
      const expires_at = server.clock.now() + dayMs;
      const { license, proof } = await activated({ expires_at: iso(expires_at), grace_days: 5 });
      server.clock.set(expires_at + 5 * dayMs - secondMs);
      expect((await app.validate(proof)).data).toMatchObject({
        valid: true,
        license: {
          status: 'active',
          expires_at: iso(expires_at),
          grace_ends_at: iso(expires_at + 5 * dayMs),
        },
      });
      const { answer, eventTypes } = await observe(server, vendor, () =>
        app.activate({ ...proof, device: machine() }),
      );
      expect(answer.data).toMatchObject({ result: 'activated', license: { devices_used: 2 } });
      expect(eventTypes).toEqual(['license.activated']);
      server.clock.set(expires_at + 5 * dayMs + secondMs);
      expect(await judged(license, proof)).toMatchObject({ validate: 'LICENSE_EXPIRED' });
    });

    it('a license that is extended works again, on the same devices', async () => {
      const expires_at = server.clock.now() + dayMs;
      const { license, proof } = await activated({ expires_at: iso(expires_at), grace_days: 0 });
      server.clock.set(expires_at + dayMs);
      expect((await app.validate(proof)).data.code).toBe('LICENSE_EXPIRED');
      await door.call(
        updateLicense,
        { licenseId: license.id, expires_at: iso(server.clock.now() + dayMs) },
        { key: vendor.admin },
      );
      expect((await app.validate(proof)).data.code).toBe('VALID');
      expect((await app.activate(proof)).data.result).toBe('already_active');
    });

    it('a suspended license is refused, keeps its devices, and works again when it is reinstated', async () => {
      const { license, proof } = await activated();
      await setSuspended(server, license.id, server.clock.now());
      expect(await judged(license, proof)).toEqual({
        activate: [403, 'LICENSE_SUSPENDED'],
        validate: 'LICENSE_SUSPENDED',
        license: 'suspended',
      });
      expect(await seatsOf(server, license.id)).toBe(1);
      await setSuspended(server, license.id, null);
      expect((await app.activate(proof)).data.result).toBe('already_active');
      expect((await app.validate(proof)).data.code).toBe('VALID');
    });

    it('a revoked license frees every seat with an event for each, and never works again', async () => {
      const { license, proof } = await activated();
      await app.activate({ ...proof, device: machine() });
      const { eventTypes, audit } = await observe(server, vendor, () => revoke(license.id));
      expect(eventTypes).toEqual(['license.deactivated', 'license.deactivated', 'license.revoked']);
      expect(audit).toMatchObject([{ action: 'license.revoked', target_id: license.id }]);
      expect(await seatsOf(server, license.id)).toBe(0);
      server.clock.advance(365 * dayMs);
      expect(await judged(license, proof)).toEqual({
        activate: [403, 'LICENSE_REVOKED'],
        validate: 'LICENSE_REVOKED',
        license: 'revoked',
      });
    });

    it('a license that has not started is refused until the second it does', async () => {
      const starts_at = server.clock.now() + dayMs;
      const license = await vendor.license({ starts_at: iso(starts_at) });
      const proof = { license_key: license.key, device: machine() };
      server.clock.set(starts_at - secondMs);
      const { answer, eventTypes } = await observe(server, vendor, () => app.activate(proof));
      expect(answer.status).toBe(409);
      expect(answer.error).toMatchObject({
        code: 'CONFLICT',
        details: { reason: 'license_not_started', starts_at: iso(starts_at) },
      });
      expect(eventTypes).toEqual([]);
      expect((await app.validate(proof)).data).toMatchObject({
        valid: false,
        code: 'LICENSE_NOT_STARTED',
        license: { status: 'not_started' },
      });
      server.clock.set(starts_at + secondMs);
      expect((await app.activate(proof)).data.result).toBe('activated');
    });

    it('a license that was given no start works at once, also where the clock lags by a moment', async () => {
      const license = await vendor.license();
      server.clock.advance(-secondMs);
      const { data, error } = await app.activate({ license_key: license.key, device: machine() });
      server.clock.advance(secondMs);
      expect(error).toBeUndefined();
      expect(data.result).toBe('activated');
    });

    it('revoked goes before suspended, suspended before not started, and time comes last', async () => {
      const starts_at = server.clock.now() + dayMs;
      const license = await vendor.license({
        starts_at: iso(starts_at),
        expires_at: iso(starts_at + dayMs),
        grace_days: 0,
      });
      const proof = { license_key: license.key, device: machine() };
      const code = async () => (await app.validate(proof)).data.code;
      expect(await code()).toBe('LICENSE_NOT_STARTED');
      await setSuspended(server, license.id, server.clock.now());
      expect(await code()).toBe('LICENSE_SUSPENDED');
      server.clock.set(starts_at + 2 * dayMs);
      expect(await code()).toBe('LICENSE_SUSPENDED');
      await revoke(license.id);
      expect(await code()).toBe('LICENSE_REVOKED');
    });

    it('a refusal by state says nothing about staff, customer or reason', async () => {
      const customer = await vendor.customer({ name: 'Ada Lovelace' });
      const license = await vendor.license({ customer_id: customer.id, notes: 'Chargeback' });
      await door.call(revokeLicense, { licenseId: license.id, reason: 'Fraud' }, { key: vendor.admin });
      const proof = { license_key: license.key, device: machine() };
      const answers = [await app.activate(proof), await app.validate(proof)];
      expect(JSON.stringify(answers)).not.toMatch(/Fraud|Chargeback|Ada|example\.com/);
    });
  });
});
