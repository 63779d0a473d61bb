import {
  activateLicense,
  deactivateLicense,
  getLicense,
  type License,
  type ProcedureContract,
  reinstateLicense,
  revokeLicense,
  suspendLicense,
  validateLicense,
} from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

interface AppAnswer {
  result?: string;
  valid?: boolean;
  code?: string;
  license: { status: string; devices_used: number };
  device: { id: string };
  lease: { token: string; expires_at: string };
}

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = (contract: ProcedureContract, input: Record<string, unknown>, key = vendor.admin) =>
      door.call<License>(contract, input, { key });
    const app = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call<AppAnswer>(contract, input, { key: vendor.channel });

    /** A license for two machines, one of them active. */
    const seated = async () => {
      const license = await vendor.license({ device_limit: 2 });
      const proof = { license_key: license.key, device: machine() };
      const { data } = await app(activateLicense, proof);
      const { data: before } = await manage(getLicense, { licenseId: license.id }, vendor.read_only);
      return { id: license.id, proof, activation: data, before };
    };
    /** What a call added to events and audit. */
    const observe = async <Result>(call: () => Promise<Result>) => {
      const before = await sideEffects(server, vendor);
      const answer = await call();
      const after = await sideEffects(server, vendor);
      const known = new Set(before.audit.map((entry) => JSON.stringify(entry)));
      return {
        answer,
        events: after.events.slice(before.events.length),
        audit: after.audit.filter((entry) => !known.has(JSON.stringify(entry))),
      };
    };

    it('suspending answers with the license, changes nothing else of it, and is audited with its reason', async () => {
      const { id, before } = await seated();
      server.clock.advance(1_000);
      const reason = 'Payment disputed';
      const { answer, events, audit } = await observe(() =>
        manage(suspendLicense, { licenseId: id, reason }),
      );
      const now = new Date(server.clock.now()).toISOString();
      const changed = {
        status: 'suspended',
        suspended_at: now,
        updated_at: now,
        version: before.version + 1,
      };
      expect(answer.data).toEqual({ ...before, ...changed });
      expect(events).toEqual([]);
      expect(audit).toEqual([
        {
          action: 'license.suspended',
          target_id: id,
          request_id: answer.request_id,
          before,
          after: { ...answer.data, reason },
        },
      ]);
    });

    it('a suspended license is refused by validate and by activate on the next request, without a trace', async () => {
      const { id, proof, before } = await seated();
      expect((await app(validateLicense, proof)).data.code).toBe('VALID');
      await manage(suspendLicense, { licenseId: id });
      const { answer, events, audit } = await observe(() =>
        Promise.all([
          app(validateLicense, proof),
          app(activateLicense, proof),
          app(activateLicense, { ...proof, device: machine() }),
        ]),
      );
      const [validated, again, other] = answer;
      expect(validated.data).toMatchObject({ valid: false, code: 'LICENSE_SUSPENDED' });
      expect(validated.data.license).toMatchObject({
        status: 'suspended',
        devices_used: before.devices_used,
      });
      expect(validated.data.lease).toBeUndefined();
      for (const refused of [again, other]) {
        expect([refused.status, refused.error?.code]).toEqual([403, 'LICENSE_SUSPENDED']);
      }
      expect([events, audit]).toEqual([[], []]);
    });

    it('reinstating gives back what there was: the seats, and the very lease of each device', async () => {
      const { id, proof, activation, before } = await seated();
      await manage(suspendLicense, { licenseId: id });
      const { answer, events, audit } = await observe(() => manage(reinstateLicense, { licenseId: id }));
      expect(answer.data).toEqual({
        ...before,
        updated_at: answer.data.updated_at,
        version: before.version + 2,
      });
      expect(events).toEqual([]);
      expect(audit).toMatchObject([
        { action: 'license.reinstated', before: { status: 'suspended' }, after: { status: 'active' } },
      ]);
      const { data } = await app(validateLicense, proof);
      expect(data).toMatchObject({ valid: true, code: 'VALID', device: { id: activation.device.id } });
      expect(data.lease).toEqual(activation.lease);
    });

    it('a machine can be left while its license is suspended, and that seat is free after reinstating', async () => {
      const { id, proof } = await seated();
      await manage(suspendLicense, { licenseId: id });
      const left = await app(deactivateLicense, proof);
      expect(left.data).toMatchObject({
        result: 'deactivated',
        license: { status: 'suspended', devices_used: 0 },
      });
      await manage(reinstateLicense, { licenseId: id });
      expect((await app(validateLicense, proof)).data.code).toBe('DEVICE_NOT_ACTIVATED');
      expect((await app(activateLicense, proof)).data.result).toBe('activated');
    });

    it('repeating either writes nothing: same answer, same version, no event, no audit entry', async () => {
      const { id } = await seated();
      for (const contract of [suspendLicense, reinstateLicense]) {
        const first = await manage(contract, { licenseId: id, reason: 'First' });
        server.clock.advance(1_000);
        const { answer, events, audit } = await observe(() =>
          manage(contract, { licenseId: id, reason: 'Second' }),
        );
        expect(answer.status).toBe(200);
        expect(answer.data).toEqual(first.data);
        expect([events, audit]).toEqual([[], []]);
      }
    });

    it('a license that was never suspended stays as it is when it is reinstated', async () => {
      const { id, before } = await seated();
      const { answer, audit } = await observe(() => manage(reinstateLicense, { licenseId: id }));
      expect(answer.data).toEqual(before);
      expect(audit).toEqual([]);
    });

    it('a revoked license can be neither suspended nor reinstated: 409 license_revoked, nothing written', async () => {
      const { id } = await seated();
      await manage(revokeLicense, { licenseId: id });
      const revoked = (await manage(getLicense, { licenseId: id }, vendor.read_only)).data;
      for (const contract of [suspendLicense, reinstateLicense]) {
        const { answer, events, audit } = await observe(() => manage(contract, { licenseId: id }));
        expect(answer.status).toBe(409);
        expect(answer.error).toMatchObject({ code: 'CONFLICT', details: { reason: 'license_revoked' } });
        expect([events, audit]).toEqual([[], []]);
      }
      expect((await manage(getLicense, { licenseId: id }, vendor.read_only)).data).toEqual(revoked);
    });

    it('revoking wins over suspended', async () => {
      const { id, proof } = await seated();
      await manage(suspendLicense, { licenseId: id });
      await manage(revokeLicense, { licenseId: id });
      expect((await app(validateLicense, proof)).data.code).toBe('LICENSE_REVOKED');
    });

    it("another account's license is a 404, the same as none", async () => {
      const { id } = await seated();
      const stranger = await createVendor(server);
      for (const contract of [suspendLicense, reinstateLicense]) {
        const foreign = await manage(contract, { licenseId: id }, stranger.admin);
        const missing = await manage(contract, { licenseId: 'lic_none' }, stranger.admin);
        expect([foreign.status, foreign.error]).toEqual([404, missing.error]);
      }
      expect((await manage(getLicense, { licenseId: id }, vendor.read_only)).data.status).toBe('active');
    });
  });
});
