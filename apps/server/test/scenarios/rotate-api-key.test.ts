import {
  type ApiKey,
  createApiKey,
  listApiKeys,
  listProducts,
  type ProcedureContract,
  revokeApiKey,
  rotateApiKey,
  startTrial,
} from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

const second = 1_000;
const hour = 3_600 * second;
const iso = (epochMs: number) => new Date(epochMs).toISOString();
type Created = ApiKey & { key: string };

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = (contract: ProcedureContract, input: Record<string, unknown>) =>
      door.call<Created>(contract, input, { key: vendor.admin });
    const create = async (fields: Record<string, unknown> = {}) =>
      (await manage(createApiKey, { name: unique('Key'), type: 'read_only', ...fields })).data;
    const rotate = (apiKeyId: string, more: Record<string, unknown> = {}) =>
      manage(rotateApiKey, { apiKeyId, ...more });
    const works = async (key: string) => {
      const { status, error } = await door.call(listProducts, {}, { key });
      if (status !== 200) expect([status, error?.code]).toEqual([401, 'INVALID_TOKEN']);
      return status === 200;
    };
    const listed = async (id: string) =>
      (await door.call<ApiKey[]>(listApiKeys, { limit: 100 }, { key: vendor.admin })).data.find(
        (key) => key.id === id,
      );

    it('both keys work during the overlap, and the old one ends exactly with it', async () => {
      const old = await create();
      const now = server.clock.now();
      const { data: fresh } = await rotate(old.id, { overlap_hours: 5 });
      const end = now + 5 * hour;
      expect([await works(old.key), await works(fresh.key)]).toEqual([true, true]);
      for (const [at, expected] of [
        [end - second, true],
        [end - 1, true],
        [end, false],
        [end + second, false],
      ] as const) {
        server.clock.set(at);
        expect([at - end, await works(old.key)]).toEqual([at - end, expected]);
        expect(await works(fresh.key)).toBe(true);
      }
      expect(await listed(old.id)).toMatchObject({ status: 'expired', expires_at: iso(end) });
    });

    it('an overlap of nothing ends the old key at once, though it was in use a moment ago', async () => {
      const old = await create();
      expect(await works(old.key)).toBe(true);
      const { data: fresh } = await rotate(old.id, { overlap_hours: 0 });
      expect([await works(old.key), await works(fresh.key)]).toEqual([false, true]);
    });

    it('when nothing is said the overlap is a day', async () => {
      const old = await create();
      await rotate(old.id);
      expect((await listed(old.id))?.expires_at).toBe(iso(server.clock.now() + 24 * hour));
    });

    it('the new key has name, type and products of the old one, a secret of its own, and is shown once', async () => {
      const old = await create();
      const { status, data, request_id } = await rotate(old.id);
      expect(status).toBe(door.name === 'rest' ? 201 : 200);
      expect(data).toEqual({
        ...old,
        id: data.id,
        key: data.key,
        last_four: data.key.slice(-4),
        expires_at: null,
        created_at: iso(server.clock.now()),
      });
      expect(data.key.slice(0, 8)).toBe('tt_read_');
      expect(data.key).not.toBe(old.key);
      const { events, audit } = await sideEffects(server, vendor);
      expect(events).toEqual([]);
      expect(audit.filter((entry) => entry.request_id === request_id)).toMatchObject([
        {
          action: 'api_key.rotated',
          target_id: old.id,
          before: { status: 'active', expires_at: null },
          after: { replaced_by: data.id, expires_at: iso(server.clock.now() + 24 * hour) },
        },
      ]);
      const everything = JSON.stringify([audit, await listed(data.id), server.logLines]);
      for (const { key } of [old, data]) expect(everything).not.toContain(key);
    });

    it('a channel key bound to products stays bound to them', async () => {
      const [mine, other] = [
        await vendor.product({ license_defaults: { trial_days: 7 } }),
        await vendor.product({ license_defaults: { trial_days: 7 } }),
      ];
      const old = await create({ type: 'channel', product_ids: [mine.id] });
      const { data: fresh } = await rotate(old.id);
      expect(fresh.product_ids).toEqual([mine.id]);
      const trial = (product_id: string) =>
        door.call(startTrial, { product_id, device: machine() }, { key: fresh.key });
      expect((await trial(mine.id)).success).toBe(true);
      expect((await trial(other.id)).status).toBe(404);
    });

    it('never lives longer than it would have without the rotation', async () => {
      const end = server.clock.now() + 2 * hour;
      const old = await create({ expires_at: iso(end) });
      const { data: fresh } = await rotate(old.id, { overlap_hours: 720 });
      expect((await listed(old.id))?.expires_at).toBe(iso(end));
      server.clock.set(end - second);
      expect(await works(old.key)).toBe(true);
      server.clock.set(end + second);
      expect([await works(old.key), await works(fresh.key)]).toEqual([false, true]);
    });

    it('rotated twice, the first end stays', async () => {
      const old = await create();
      const now = server.clock.now();
      await rotate(old.id, { overlap_hours: 1 });
      await rotate(old.id, { overlap_hours: 48 });
      expect((await listed(old.id))?.expires_at).toBe(iso(now + hour));
    });

    it('a key that is not active cannot be rotated: 409, and no key is made', async () => {
      const revoked = await create();
      await manage(revokeApiKey, { apiKeyId: revoked.id });
      const expired = await create({ expires_at: iso(server.clock.now() + hour) });
      server.clock.advance(hour);
      const keys = () => server.platform.database('api_keys').where({ account_id: vendor.account_id });
      const before = [await keys(), await sideEffects(server, vendor)];
      for (const { id } of [revoked, expired]) {
        const { status, error } = await rotate(id);
        expect([status, error?.details]).toEqual([409, { reason: 'api_key_not_active' }]);
      }
      const withoutUse = (rows: object) =>
        JSON.stringify(rows, (name, value) => (name === 'last_used_at' ? 0 : value));
      expect(withoutUse([await keys(), await sideEffects(server, vendor)])).toBe(withoutUse(before));
    });

    it('an admin key can rotate itself and finish with the new one', async () => {
      const owner = await createVendor(server);
      const [own] = (await door.call<ApiKey[]>(listApiKeys, { type: 'admin' }, { key: owner.admin })).data;
      const { data } = await door.call<Created>(
        rotateApiKey,
        { apiKeyId: own?.id, overlap_hours: 0 },
        { key: owner.admin },
      );
      expect([await works(owner.admin), await works(data.key)]).toEqual([false, true]);
    });

    it('another account cannot, and takes hours from 0 to 720', async () => {
      const { id: apiKeyId } = await create();
      const stranger = await createVendor(server);
      const foreign = await door.call(rotateApiKey, { apiKeyId }, { key: stranger.admin });
      expect([foreign.status, foreign.error]).toEqual([404, (await rotate('key_none')).error]);
      for (const overlap_hours of [-1, 721, 1.5, '1', null]) {
        const { status, error } = await rotate(apiKeyId, { overlap_hours });
        expect([status, error?.details]).toMatchObject([400, [{ path: 'overlap_hours' }]]);
      }
    });

    it('when a key was last used is written in batches and appears soon, with the newest time', async () => {
      const { id, key } = await create();
      expect((await listed(id))?.last_used_at).toBeNull();
      await works(key);
      server.clock.advance(second);
      const last = server.clock.now();
      await Promise.all(Array.from({ length: 20 }, () => works(key)));
      await expect
        .poll(async () => (await listed(id))?.last_used_at, { timeout: 6_000, interval: 100 })
        .toBe(iso(last));
    });
  });
});
