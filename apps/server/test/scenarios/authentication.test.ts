import {
  type ApiKey,
  createApiKey,
  createProduct,
  getProduct,
  listProducts,
  revokeApiKey,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { issueApiKey } from '../../src/modules/api-keys/index.ts';
import { hourMs, toTimestamp } from '../../src/platform/clock.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase } from '../support/each-database.ts';
import { jsonType, pathOf, sendBody, sendRaw, withoutMeta } from '../support/raw.ts';
import { startServer } from '../support/start-server.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

type CreatedKey = ApiKey & { key: string };

/** Right in form and checksum, and nobody's. */
const unknownKey = () =>
  issueApiKey({ name: 'x', type: 'admin' }, { id: 'key_x', account_id: 'acc_x', now: 0 }).key;

/** The same key with one character typed wrong. */
const mistyped = (key: string) => key.slice(0, -10) + (key.at(-10) === 'a' ? 'b' : 'a') + key.slice(-9);

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const create = async (fields: Record<string, unknown> = {}) => {
      const input = { name: 'Key', type: 'admin', ...fields };
      return (await door.call<CreatedKey>(createApiKey, input, { key: vendor.admin })).data;
    };
    const list = (key?: string) => door.call(listProducts, {}, { key });
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    it('a call without a key is refused with AUTHENTICATION_REQUIRED', async () => {
      const answer = await list();
      expect(answer.status).toBe(401);
      expect(answer.error).toEqual({ code: 'AUTHENTICATION_REQUIRED', message: 'An API key is required.' });
    });

    it('a mistyped, an unknown, an expired and a revoked key get the same bytes', async () => {
      const expired = await create({ expires_at: toTimestamp(server.clock.now() + hourMs) });
      const revoked = await create();
      await door.call(revokeApiKey, { apiKeyId: revoked.id }, { key: vendor.admin });
      server.clock.advance(2 * hourMs);
      const answers = await Promise.all(
        [mistyped(vendor.admin), 'tt_admin_short', unknownKey(), expired.key, revoked.key].map((key) =>
          sendRaw(server, pathOf(door, listProducts), { key }),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
      expect(answers[0]?.error).toEqual({ code: 'INVALID_TOKEN', message: 'The API key is not valid.' });
      expect(new Set(answers.map(({ text }) => withoutMeta(text))).size).toBe(1);
    });

    it('a key works until the moment it expires', async () => {
      const expiresAt = server.clock.now() + hourMs;
      const { key } = await create({ expires_at: toTimestamp(expiresAt) });
      server.clock.set(expiresAt - 1);
      expect((await list(key)).status).toBe(200);
      server.clock.set(expiresAt);
      expect((await list(key)).error?.code).toBe('INVALID_TOKEN');
    });

    it('a revoke is in force on the next request', async () => {
      const { id, key } = await create();
      expect((await list(key)).status).toBe(200);
      await door.call(revokeApiKey, { apiKeyId: id }, { key: vendor.admin });
      expect((await list(key)).error?.code).toBe('INVALID_TOKEN');
    });

    it('a refused call changes nothing', async () => {
      const before = await allRows(server);
      for (const key of [undefined, mistyped(vendor.admin), unknownKey()]) {
        expect((await door.call(createProduct, { name: 'x' }, { key })).status).toBe(401);
      }
      expect(await allRows(server)).toEqual(before);
    });

    describe('the Authorization header', () => {
      const withHeader = (authorization: string) =>
        sendRaw(server, pathOf(door, listProducts), { headers: { authorization } });

      it.each([
        ['the scheme in any case', (key: string) => `bEARER ${key}`],
        ['several spaces after the scheme', (key: string) => `Bearer    ${key}`],
      ])('may have %s', async (_name, header) => {
        expect((await withHeader(header(vendor.admin))).status).toBe(200);
      });

      it.each([
        ['another scheme', (key: string) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`],
        ['a right key under another scheme', (key: string) => `Token ${key}`],
        ['a key without a scheme', (key: string) => key],
        ['a scheme without a key', () => 'Bearer'],
        ['something after the key', (key: string) => `Bearer ${key} x`],
        ['two keys', (key: string) => `Bearer ${key}, Bearer ${key}`],
        ['a key in quotes', (key: string) => `Bearer "${key}"`],
        ['the key in another case', (key: string) => `Bearer ${key.toUpperCase()}`],
        ['8,000 characters', () => `Bearer ${'a'.repeat(8000)}`],
        ['characters beyond ASCII', (key: string) => `Bearer ${key}\u00e9`],
        ['the mark of another type', (key: string) => `Bearer ${key.replace('_admin_', '_chan_')}`],
      ])('with %s is INVALID_TOKEN', async (_name, header) => {
        const answer = await withHeader(header(vendor.admin));
        expect([answer.status, answer.error?.code]).toEqual([401, 'INVALID_TOKEN']);
      });

      it('is the only place for a key: one in the query is no key, and stays out of the log', async () => {
        const path = `${pathOf(door, listProducts)}${door.name === 'rest' ? '?' : '&'}api_key=${vendor.admin}`;
        expect((await sendRaw(server, path)).error?.code).toBe('AUTHENTICATION_REQUIRED');
        expect(server.logLines.join('\n')).not.toContain(vendor.admin);
      });
    });

    // Who may not enter must not learn from us what a request of this operation looks like.
    describe('order of refusal', () => {
      const badBodies: [string, string | Uint8Array, Record<string, string>?][] = [
        ['malformed JSON', '{"name":'],
        ['an unknown field', '{"name":"x","nmae":"y"}'],
        ['no body', ''],
        ['a wrong type', '{"name":5}'],
        ['a JSON array', '[]'],
        ['invalid UTF-8', Uint8Array.from([0x22, 0xff, 0x22])],
        ['a body of 1 MB', JSON.stringify({ name: 'x'.repeat(1_000_000) })],
        ['the media type text/plain', '{"name":"x"}', { 'content-type': 'text/plain' }],
        ['the media type application/xml', '<name/>', { 'content-type': 'application/xml' }],
        ['a malformed media type', '{"name":"x"}', { 'content-type': 'json please' }],
        ['a malformed Idempotency-Key', '{"name":"x"}', { ...jsonType, 'idempotency-key': 'a b' }],
      ];

      it.each(badBodies)('no key goes before %s', async (_name, body, headers = jsonType) => {
        const answer = await sendBody(server, door, createProduct, body, { headers });
        expect([answer.status, answer.error?.code]).toEqual([401, 'AUTHENTICATION_REQUIRED']);
      });

      it.each(badBodies)('a bad key goes before %s', async (_name, body, headers = jsonType) => {
        const key = unknownKey();
        const answer = await sendBody(server, door, createProduct, body, { headers, key });
        expect([answer.status, answer.error?.code]).toEqual([401, 'INVALID_TOKEN']);
      });

      it.each(badBodies)(
        'a key of the wrong type goes before %s',
        async (_name, body, headers = jsonType) => {
          const key = vendor.read_only;
          const answer = await sendBody(server, door, createProduct, body, { headers, key });
          expect([answer.status, answer.error?.code]).toEqual([403, 'PERMISSION_DENIED']);
        },
      );

      it.each(badBodies)('a used up rate goes before %s', async (_name, body, headers = jsonType) => {
        const busy = await createVendor(server, { rate_per_minute: 1 });
        await list(busy.admin);
        const answer = await sendBody(server, door, createProduct, body, { headers, key: busy.admin });
        expect([answer.status, answer.error?.code]).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
      });

      it('the type of the key goes before the rate', async () => {
        const busy = await createVendor(server, { rate_per_minute: 1 });
        await list(busy.read_only);
        const answer = await door.call(createProduct, { name: 'x' }, { key: busy.read_only });
        expect(answer.error?.code).toBe('PERMISSION_DENIED');
      });

      it('a bad field goes before a missing object', async () => {
        const input = { productId: 'prd_none', colour: 'red' };
        const answer = await door.call(getProduct, input, { key: vendor.admin });
        expect(answer.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'colour' }] });
      });
    });
  });
});

describe('on two servers with one PostgreSQL', () => {
  it('a key revoked on one is refused by the other on its next request', async () => {
    const database = await createTestDatabase('postgres');
    const first = await startServer(database);
    const second = await startServer(database, first.clock);
    try {
      const vendor = await createVendor(first);
      const listOn = (server: typeof first, key: string) =>
        sendRaw(server, pathOf({ name: 'rest' }, listProducts), { key });
      expect((await listOn(second, vendor.read_only)).status).toBe(200);
      const { id } = await first.platform
        .database('api_keys')
        .where({ account_id: vendor.account_id, type: 'read_only' })
        .first('id');
      await sendBody(first, { name: 'rest' }, revokeApiKey, '{}', {
        key: vendor.admin,
        input: { apiKeyId: id },
      });
      expect((await listOn(second, vendor.read_only)).error?.code).toBe('INVALID_TOKEN');
    } finally {
      await second.stop();
      await first.stop();
      await database.remove();
    }
  });
});
