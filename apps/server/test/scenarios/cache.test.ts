import { join } from 'node:path';
import {
  activateLicense,
  deactivateLicense,
  type License,
  type ProcedureContract,
  reinstateLicense,
  removeDevice,
  revokeApiKey,
  revokeLicense,
  rotateLicenseKey,
  suspendLicense,
  updateLicense,
  validateLicense,
} from '@thrivetech/contracts';
import knex from 'knex';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { compose, type Platform } from '../../src/compose.ts';
import { readConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase } from '../support/each-database.ts';
import { TestClock, type TestServer, useServer } from '../support/test-server.ts';

interface Validated {
  valid: boolean;
  code: string;
  license?: { status: string; device_limit: number; features: Record<string, unknown> };
  device?: { id: string };
}
interface Seat {
  license: License;
  key: string;
  device: { fingerprint: string };
  device_id: string;
}

eachDatabase((database) => {
  describe('what is remembered', () => {
    const server = useServer(database);
    const door = restDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call(contract, input, { key: vendor.admin });
    /** Without checks against the document, or ten thousand of them would take most of the time. */
    const post = async (path: string, body: object, key = vendor.channel) => {
      const { statusCode, payload } = await server.platform.app.inject({
        method: 'POST',
        url: `/api/v1${path}`,
        headers: { authorization: `Bearer ${key}` },
        payload: body,
      });
      expect(statusCode).toBeLessThan(300);
      return JSON.parse(payload).data;
    };
    const validate = (seat: Seat): Promise<Validated> =>
      post('/activate/validate', { license_key: seat.key, device: seat.device });
    const activate = (seat: Pick<Seat, 'key' | 'device'>) =>
      post('/activate', { license_key: seat.key, device: seat.device });
    const seated = async (fields: Record<string, unknown> = {}): Promise<Seat> => {
      const license = await vendor.license({ device_limit: 3, ...fields });
      const seat = { license, key: license.key, device: machine() };
      const { device } = await activate(seat);
      return { ...seat, device_id: device.id };
    };

    it('is never older than the answer to the change: each kind of change, seen by the very next call', async () => {
      const seat = await seated();
      const licenseId = seat.license.id;
      const codeAfter = async (contract: ProcedureContract, input: object) => {
        await validate(seat);
        expect((await manage(contract, { licenseId, ...input })).success).toBe(true);
        return validate(seat);
      };
      expect((await codeAfter(updateLicense, { features: { pro: true } })).license?.features).toEqual({
        pro: true,
      });
      expect((await codeAfter(updateLicense, { device_limit: 9 })).license?.device_limit).toBe(9);
      expect((await codeAfter(suspendLicense, {})).code).toBe('LICENSE_SUSPENDED');
      expect((await codeAfter(reinstateLicense, {})).code).toBe('VALID');
      expect((await codeAfter(removeDevice, { deviceId: seat.device_id })).code).toBe('DEVICE_NOT_ACTIVATED');
      await activate(seat);
      expect((await validate(seat)).code).toBe('VALID');
      const proof = { license_key: seat.key, device: seat.device };
      await door.call(deactivateLicense, proof, { key: vendor.channel });
      expect((await validate(seat)).code).toBe('DEVICE_NOT_ACTIVATED');
      await door.call(activateLicense, proof, { key: vendor.channel });
      expect((await codeAfter(rotateLicenseKey, {})).code).toBe('RESOURCE_NOT_FOUND');
      const { data } = await manage(rotateLicenseKey, { licenseId });
      const rotated = { ...seat, key: data['key'] as string };
      expect((await validate(rotated)).code).toBe('VALID');
      await manage(revokeLicense, { licenseId });
      expect((await validate(rotated)).code).toBe('LICENSE_REVOKED');
    });

    it('of an API key ends with the revocation, on the next request', async () => {
      const seat = await seated();
      const key = await vendor.channelKey();
      const proof = { license_key: seat.key, device: seat.device };
      const call = () => door.call(validateLicense, proof, { key });
      expect((await call()).success).toBe(true);
      const { id: apiKeyId } = await server.platform
        .database('api_keys')
        .where({ account_id: vendor.account_id, last_four: key.slice(-4) })
        .first();
      await manage(revokeApiKey, { apiKeyId });
      expect((await call()).error?.code).toBe('INVALID_TOKEN');
    });

    const rounds = database === 'sqlite' ? 200 : 8;
    it(`is never stale under load: 50 licenses, each changed and looked at ${rounds} times`, async () => {
      const seats = await Promise.all(Array.from({ length: 50 }, () => seated({ device_limit: 1 })));
      let isOver = false;
      let background = 0;
      const load = Array.from({ length: 4 }, async (_worker, n) => {
        for (let turn = n; !isOver; turn++) {
          const { valid, code, license } = await validate(seats[turn % seats.length] as Seat);
          // Whatever moment it fell on, it must be one state and not a mixture of two.
          expect(license?.status).toBe(code === 'LICENSE_SUSPENDED' ? 'suspended' : 'active');
          expect(valid).toBe(code === 'VALID');
          background += 1;
        }
      });
      const { uow, clock } = server.platform;
      const change = (seat: Seat, round: number) =>
        uow.runInternal(async (tx) => {
          const row = await tx.licenses.findForUpdate(vendor.account_id, seat.license.id);
          if (!row) throw new Error('The license is gone.');
          const suspended_at = round % 2 ? null : clock.now();
          await tx.licenses.replace({ ...row, suspended_at, features: { round }, version: row.version + 1 });
        });
      await Promise.all(
        seats.map(async (seat) => {
          for (let round = 0; round < rounds; round++) {
            await change(seat, round);
            const { code, license } = await validate(seat);
            expect([code, license?.features]).toEqual([round % 2 ? 'VALID' : 'LICENSE_SUSPENDED', { round }]);
          }
        }),
      );
      isOver = true;
      await Promise.all(load);
      expect(background).toBeGreaterThan(rounds / 4);
    });

    it('of devices is never stale under load: machines come and go, and each next call knows', async () => {
      const { license, key } = await seated({ device_limit: 1_000 });
      await Promise.all(
        Array.from({ length: 20 }, async () => {
          const seat = { license, key, device: machine(), device_id: '' };
          for (let round = 0; round < 10; round++) {
            const { device } = await activate(seat);
            expect((await validate(seat)).device?.id).toBe(device.id);
            await post('/activate/deactivate', { license_key: key, device: seat.device });
            expect((await validate(seat)).code).toBe('DEVICE_NOT_ACTIVATED');
          }
        }),
      );
    });
  });
});

describe('on sqlite', () => {
  const server = useServer('sqlite');
  const door = restDoor(() => server.baseUrl);
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await createVendor(server);
  });
  const seated = async () => {
    const license = await vendor.license({ device_limit: 3 });
    const body = { license_key: license.key, device: machine() };
    await door.call(activateLicense, body, { key: vendor.channel });
    const validate = async () =>
      (await door.call<Validated>(validateLicense, body, { key: vendor.channel })).data.code;
    return { license, body, validate };
  };

  it('a warm validate reads the database at most once in a hundred calls', async () => {
    const { validate } = await seated();
    for (let n = 0; n < 5; n++) expect(await validate()).toBe('VALID');
    // Every read takes the connection first, whether it is built by the query builder or prepared.
    const reads = vi.spyOn(server.platform.database.client, 'acquireConnection');
    for (let n = 0; n < 300; n++) expect(await validate()).toBe('VALID');
    expect(reads.mock.calls.length).toBeLessThanOrEqual(3);
    reads.mockRestore();
  });

  it('a write by another process is noticed within about a second', async () => {
    const { license, validate } = await seated();
    expect(await validate()).toBe('VALID');
    const [{ file }] = await server.platform.database.raw('pragma database_list');
    const other = knex({ client: 'sqlite3', connection: { filename: file }, useNullAsDefault: true });
    try {
      for (const [suspended_at, code] of [
        [server.clock.now(), 'LICENSE_SUSPENDED'],
        [null, 'VALID'],
      ] as const) {
        await other('licenses').where({ id: license.id }).update({ suspended_at });
        await expect.poll(validate, { timeout: 1_500, interval: 50 }).toBe(code);
      }
    } finally {
      await other.destroy();
    }
  });

  it('a write by another process is noticed also when it falls right after the start', async () => {
    const folder = await createTestDatabase('sqlite');
    const start = () =>
      compose({
        config: readConfig({ DATA_DIR: folder.dataDir }),
        log: createLogger('silent', { write: () => {} }),
      });
    const first = await start();
    const asServer = async (platform: Platform): Promise<TestServer> => ({
      ...{ platform, clock: new TestClock(), logLines: [] },
      baseUrl: await platform.app.listen({ host: '127.0.0.1', port: 0 }),
    });
    const before = await asServer(first);
    const owner = await createVendor(before);
    const license = await owner.license();
    await first.close();

    const again = await start();
    const other = knex({
      client: 'sqlite3',
      connection: { filename: join(folder.dataDir, 'thrive.sqlite') },
      useNullAsDefault: true,
    });
    const status = async () => {
      const { payload } = await again.app.inject({
        ...{ method: 'POST', url: '/api/v1/activate/validate' },
        headers: { authorization: `Bearer ${owner.channel}` },
        payload: { license_key: license.key },
      });
      return JSON.parse(payload).data.code;
    };
    try {
      expect(await status()).toBe('VALID');
      await other('licenses').where({ id: license.id }).update({ suspended_at: Date.now() });
      await expect.poll(status, { timeout: 3_000, interval: 100 }).toBe('LICENSE_SUSPENDED');
    } finally {
      await other.destroy();
      await again.close();
      await folder.remove();
    }
  });

  it('its own writes do not make it forget everything', async () => {
    const { validate } = await seated();
    await validate();
    const reads = vi.spyOn(server.platform.database.client, 'acquireConnection');
    const begun = Date.now();
    // Longer than it takes to look for writes of others twice.
    while (Date.now() - begun < 1_300) {
      await vendor.customer();
      reads.mockClear();
      expect(await validate()).toBe('VALID');
      expect(reads.mock.calls.length).toBe(0);
    }
    reads.mockRestore();
  });
});
