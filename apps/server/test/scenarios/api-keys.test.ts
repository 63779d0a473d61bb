import {
  type ApiKey,
  createApiKey,
  type KeyType,
  keyTypes,
  listApiKeys,
  listProducts,
  revokeApiKey,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { appOf, createdStatus, iso, observe } from '../support/app.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase } from '../support/each-database.ts';
import { startServer } from '../support/start-server.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

type CreatedApiKey = ApiKey & { key: string };

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    const create = (fields: Record<string, unknown>, headers = {}) =>
      door.call<CreatedApiKey>(createApiKey, { name: 'App', ...fields }, { key: vendor.admin, headers });
    const list = async (filter: Record<string, unknown> = {}, key = vendor.read_only) =>
      (await door.call<ApiKey[]>(listApiKeys, { limit: 100, ...filter }, { key })).data;
    const revoke = (apiKeyId: string, key = vendor.admin) =>
      door.call<ApiKey>(revokeApiKey, { apiKeyId }, { key });
    const plans = (key: string) => door.call(listProducts, {}, { key });
    const marks: Record<KeyType, string> = { admin: 'admin', read_only: 'read', channel: 'chan' };

    describe.each(keyTypes)('a new key of the type %s', (type) => {
      it('is shown once, with its last four characters, and leaves one audit row without it', async () => {
        const { answer, eventTypes, audit } = await observe(server, vendor, () => create({ type }));
        expect(answer.status).toBe(createdStatus(door));
        const { key, ...rest } = answer.data;
        expect(key).toMatch(new RegExp(`^tt_${marks[type]}_[0-9A-Za-z]{38}$`));
        expect(rest).toEqual({
          id: expect.stringMatching(/^key_[0-9a-z]{26}$/),
          name: 'App',
          type,
          last_four: key.slice(-4),
          product_ids: null,
          status: 'active',
          expires_at: null,
          revoked_at: null,
          last_used_at: null,
          created_at: iso(server.clock.now()),
        });
        expect(eventTypes).toEqual([]);
        expect(audit).toEqual([
          {
            action: 'api_key.created',
            target_id: rest.id,
            request_id: answer.request_id,
            before: null,
            after: rest,
          },
        ]);
        const listed = await list();
        expect(listed.find(({ id }) => id === rest.id)).toEqual(rest);
        expect(JSON.stringify(listed)).not.toContain(key);
      });

      it('lies in no table in clear, also when its creation can be replayed', async () => {
        const headers = { 'idempotency-key': `key-${type}-${door.name}` };
        const { key } = (await create({ type }, headers)).data;
        expect((await create({ type }, headers)).data.key).toBe(key);
        const rows = JSON.stringify(await allRows(server));
        expect(rows).not.toContain(key);
        expect(rows).not.toContain(key.slice(8, 40));
        expect(server.logLines.join('\n')).not.toContain(key);
      });
    });

    it('lists give every key, filter by type, and page', async () => {
      const owner = await createVendor(server);
      const types = (keys: ApiKey[]) => keys.map(({ type }) => type).sort();
      expect(types(await list({}, owner.read_only))).toEqual(['admin', 'channel', 'read_only']);
      expect(types(await list({ type: 'channel' }, owner.admin))).toEqual(['channel']);
      const page = await door.call<ApiKey[]>(listApiKeys, { limit: 2 }, { key: owner.admin });
      const cursor = page.pagination?.next_cursor;
      const next = await door.call<ApiKey[]>(listApiKeys, { limit: 2, cursor }, { key: owner.admin });
      expect(types([...page.data, ...next.data])).toEqual(['admin', 'channel', 'read_only']);
    });

    describe('a channel key bound to a product', () => {
      it('finds licenses of that product, and no other license exists for it', async () => {
        const [own, other] = [await vendor.license(), await vendor.license()];
        const { data } = await create({ type: 'channel', product_ids: [own.product_id] });
        expect(data.product_ids).toEqual([own.product_id]);
        const app = appOf(door, () => data.key);
        expect((await app.activate({ license_key: own.key, device: machine() })).success).toBe(true);
        const refused = await app.activate({ license_key: other.key, device: machine() });
        const unknown = await app.activate({ license_key: 'no such key', device: machine() });
        expect([refused.status, refused.error]).toEqual([404, unknown.error]);
      });

      it('names products of its own account, each of which exists', async () => {
        const stranger = await createVendor(server);
        for (const id of ['prd_none', (await stranger.product()).id]) {
          const product_ids = [(await vendor.product()).id, id];
          const { answer, audit } = await observe(server, vendor, () =>
            create({ type: 'channel', product_ids }),
          );
          expect([answer.status, answer.error?.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
          expect(audit).toEqual([]);
        }
      });

      it.each(['admin', 'read_only'])('is the only kind: one of the type %s is a 400', async (type) => {
        const { status, error } = await create({ type, product_ids: [(await vendor.product()).id] });
        expect([status, error?.details]).toMatchObject([400, [{ path: 'product_ids' }]]);
      });
    });

    it('a key expires to the millisecond, and then says so in lists', async () => {
      const now = server.clock.now();
      const { data } = await create({ type: 'read_only', expires_at: iso(now + dayMs) });
      server.clock.set(now + dayMs - 1);
      expect((await plans(data.key)).status).toBe(200);
      server.clock.set(now + dayMs);
      expect((await plans(data.key)).error?.code).toBe('INVALID_TOKEN');
      expect((await list()).find(({ id }) => id === data.id)?.status).toBe('expired');
      server.clock.set(now);
    });

    it.each([
      ['in the past', () => -1],
      ['now', () => 0],
    ])('a key cannot expire %s', async (_when, offset) => {
      const expires_at = iso(server.clock.now() + offset());
      const { status, error } = await create({ type: 'admin', expires_at });
      expect([status, error?.details]).toMatchObject([400, [{ path: 'expires_at' }]]);
    });

    it('a key whose expiry its offset carries beyond the year 9999 is a 400, and is not made', async () => {
      // Apart from the others: a row that no answer can show would break every list of the account.
      const { admin } = await createVendor(server);
      const fields = { name: 'App', type: 'admin', expires_at: '9999-12-31T23:00:00-12:00' };
      const before = await allRows(server);
      expect((await door.call(createApiKey, fields, { key: admin })).status).toBe(400);
      expect(await allRows(server)).toEqual(before);
    });

    it('a revoked key is refused on the next call, stays in the list, and is revoked once', async () => {
      const { data } = await create({ type: 'read_only' });
      expect((await plans(data.key)).status).toBe(200);
      const first = await observe(server, vendor, () => revoke(data.id));
      const { key: _key, ...before } = data;
      const after = { ...before, status: 'revoked', revoked_at: iso(server.clock.now()) };
      expect(first.answer.data).toEqual(after);
      expect(first.audit).toMatchObject([
        { action: 'api_key.revoked', target_id: data.id, before: { ...before }, after },
      ]);
      expect((await plans(data.key)).error?.code).toBe('INVALID_TOKEN');
      expect((await list()).find(({ id }) => id === data.id)).toEqual(after);

      server.clock.advance(1000);
      const again = await observe(server, vendor, () => revoke(data.id));
      expect(again.answer.data).toEqual(after);
      expect({ types: again.eventTypes, audit: again.audit }).toEqual({ types: [], audit: [] });
    });

    it('a key cannot revoke itself, but another admin key can', async () => {
      const { data } = await create({ type: 'admin' });
      const refused = await revoke(data.id, data.key);
      expect([refused.status, refused.error]).toMatchObject([
        409,
        { code: 'CONFLICT', details: { reason: 'own_api_key' } },
      ]);
      expect((await plans(data.key)).status).toBe(200);
      expect((await revoke(data.id)).success).toBe(true);
    });
  });

  it('when a key was last used is known at the latest after the server has stopped', async () => {
    const kept = await createTestDatabase(database);
    try {
      const first = await startServer(kept);
      const vendor = await createVendor(first);
      const read = { headers: { authorization: `Bearer ${vendor.channel}` } };
      expect((await fetch(`${first.baseUrl}/api/v1/platform/plans`, read)).status).toBe(200);
      await first.stop();
      const second = await startServer(kept);
      const row = await second.platform
        .database('api_keys')
        .where({ account_id: vendor.account_id, type: 'channel' })
        .first('last_used_at');
      await second.stop();
      expect(row.last_used_at).toBe(first.clock.now());
    } finally {
      await kept.remove();
    }
  });
});
