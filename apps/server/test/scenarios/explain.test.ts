import {
  activateLicense,
  explainLicense,
  type License,
  type ProcedureContract,
  reinstateLicense,
  removeDevice,
  revokeLicense,
  suspendLicense,
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

interface Explanation {
  license_id: string;
  device_id: string | null;
  as_of: string;
  allowed: boolean;
  refused_by: string | null;
  rules: { rule: string; outcome: string; explanation: string; action: string | null }[];
}
const shared = ['exists', 'not_revoked', 'not_suspended', 'started', 'not_expired'];

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call(contract, input, { key: vendor.admin });
    const ask = (licenseId: string, more: Record<string, unknown> = {}) =>
      door.call<Explanation>(explainLicense, { licenseId, ...more }, { key: vendor.read_only });
    const refusedBy = async (licenseId: string, more: Record<string, unknown> = {}) =>
      (await ask(licenseId, more)).data.refused_by;
    const activate = async (license: License, device = machine()) => {
      const body = { license_key: license.key, device };
      const answer = await door.call<{ device: { id: string } }>(activateLicense, body, {
        key: vendor.channel,
      });
      return { ...answer, id: answer.data.device?.id };
    };

    it('an allowed one passes every rule, in the order in which they are asked; nothing is written', async () => {
      const license = await vendor.license({ device_limit: 2 });
      const { id: device_id } = await activate(license);
      const before = await sideEffects(server, vendor);
      for (const [more, last] of [
        [{}, 'seat_free'],
        [{ device_id }, 'device_active'],
      ] as const) {
        const { status, data } = await ask(license.id, more);
        expect(status).toBe(200);
        expect(data).toMatchObject({
          license_id: license.id,
          device_id: 'device_id' in more ? device_id : null,
          as_of: iso(server.clock.now()),
          allowed: true,
          refused_by: null,
        });
        expect(data.rules.map(({ rule }) => rule)).toEqual([...shared, last]);
        for (const { outcome, explanation, action } of data.rules) {
          expect([outcome, action]).toEqual(['passed', null]);
          expect(explanation).toMatch(/\.$/);
        }
      }
      expect(await sideEffects(server, vendor)).toEqual(before);
    });

    it('the first refusal is named, says what would help, and later rules are not reached', async () => {
      const license = await vendor.license({ device_limit: 1 });
      const { id: device_id } = await activate(license);
      await manage(suspendLicense, { licenseId: license.id });
      const { data } = await ask(license.id, { device_id });
      expect([data.allowed, data.refused_by]).toEqual([false, 'not_suspended']);
      expect(data.rules.map(({ outcome }) => outcome)).toEqual([
        ...['passed', 'passed', 'refused', 'not_reached', 'not_reached', 'not_reached'],
      ]);
      expect(data.rules.map(({ action }) => action)).toEqual([
        ...[null, null, expect.stringContaining('Reinstate'), null, null, null],
      ]);
    });

    it('each rule refuses in its turn: mended one by one, the next comes to light', async () => {
      const now = server.clock.now();
      const license = await vendor.license({
        ...{ device_limit: 1, type: 'timed', grace_days: 0 },
        ...{ starts_at: iso(now + day), expires_at: iso(now + 2 * day) },
      });
      const { id: licenseId } = license;
      await manage(suspendLicense, { licenseId });
      expect(await refusedBy(licenseId)).toBe('not_suspended');
      await manage(reinstateLicense, { licenseId });
      expect(await refusedBy(licenseId)).toBe('started');
      server.clock.advance(day);
      expect(await refusedBy(licenseId)).toBeNull();
      const { id: device_id } = await activate(license);
      expect(await refusedBy(licenseId)).toBe('seat_free');
      expect(await refusedBy(licenseId, { device_id })).toBeNull();
      await manage(removeDevice, { licenseId, deviceId: device_id });
      expect(await refusedBy(licenseId, { device_id })).toBe('device_active');
      expect(await refusedBy(licenseId)).toBeNull();
      server.clock.advance(day);
      expect(await refusedBy(licenseId)).toBe('not_expired');
      await manage(revokeLicense, { licenseId });
      expect(await refusedBy(licenseId)).toBe('not_revoked');
    });

    describe('as of another moment', () => {
      it('every boundary is judged on both of its sides', async () => {
        const created = server.clock.now();
        const starts = created + 10 * day;
        const expires = created + 30 * day;
        const license = await vendor.license({
          ...{ device_limit: 1, type: 'timed', grace_days: 7 },
          ...{ starts_at: iso(starts), expires_at: iso(expires) },
        });
        const { id: licenseId } = license;
        server.clock.set(starts + day);
        const activated = server.clock.now();
        const { id: device_id } = await activate(license);
        server.clock.advance(day);
        const deactivated = server.clock.now();
        await manage(removeDevice, { licenseId, deviceId: device_id });

        const boundaries: [number, string | null, string | null, string?][] = [
          [created, 'exists', 'started'],
          [starts, 'started', null],
          [expires, null, null],
          [expires + 7 * day, null, 'not_expired'],
          [activated, 'device_active', null, device_id],
          [deactivated, null, 'device_active', device_id],
        ];
        for (const [at, before, after, device] of boundaries) {
          const of = (moment: number) =>
            refusedBy(licenseId, { as_of: iso(moment), ...(device && { device_id: device }) });
          expect([iso(at), await of(at - second), await of(at + second)]).toEqual([iso(at), before, after]);
          expect(await of(at - 1)).toBe(before);
          expect(await of(at)).toBe(after);
        }
      });

      it('a suspension and a revocation count from when they happened', async () => {
        const { id: licenseId } = await vendor.license();
        server.clock.advance(day);
        const suspended = server.clock.now();
        await manage(suspendLicense, { licenseId });
        server.clock.advance(day);
        const revoked = server.clock.now();
        await manage(revokeLicense, { licenseId });
        const of = (at: number) => refusedBy(licenseId, { as_of: iso(at) });
        expect(await of(suspended - second)).toBeNull();
        expect(await of(suspended + second)).toBe('not_suspended');
        expect(await of(revoked - second)).toBe('not_suspended');
        expect(await of(revoked + second)).toBe('not_revoked');
      });

      it('in grace it is allowed, and the explanation says so', async () => {
        const now = server.clock.now();
        const license = await vendor.license({ type: 'timed', expires_at: iso(now + day), grace_days: 7 });
        const { data } = await ask(license.id, { as_of: iso(now + 2 * day) });
        expect(data.allowed).toBe(true);
        expect(data.rules[4]?.explanation).toContain('grace');
      });
    });

    it('what it says of a new machine is what activate does', async () => {
      const now = server.clock.now();
      const cases = [
        {},
        { device_limit: 1 },
        { type: 'timed', expires_at: iso(now + day), grace_days: 0 },
        { starts_at: iso(now + day) },
        { type: 'floating', device_limit: 1 },
      ];
      for (const fields of cases) {
        const license = await vendor.license(fields);
        for (const advance of [0, 0, 700 * second, 2 * day]) {
          server.clock.advance(advance);
          const { data } = await ask(license.id);
          const { success } = await activate(license);
          expect([fields, advance, data.allowed]).toEqual([fields, advance, success]);
        }
        server.clock.set(now);
      }
    });

    it('a license or device that is not there, or of another license or account, is a 404', async () => {
      const license = await vendor.license();
      const other = await vendor.license();
      const { id: device_id } = await activate(other);
      const stranger = await createVendor(server);
      const foreign = await door.call(explainLicense, { licenseId: license.id }, { key: stranger.admin });
      expect(foreign.status).toBe(404);
      expect((await ask('lic_none')).error).toEqual(foreign.error);
      expect((await ask(license.id, { device_id })).status).toBe(404);
      expect((await ask(license.id, { device_id: 'dev_none' })).status).toBe(404);
      const wrong = await ask(license.id, { as_of: 'yesterday' });
      expect(wrong.status).toBe(400);
      expect(wrong.error?.details).toContainEqual(expect.objectContaining({ path: 'as_of' }));
    });
  });
});
