import {
  activateLicense,
  createApiKey,
  createCustomer,
  createLicense,
  createProduct,
  listProducts,
  updateProduct,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { startServer } from '../support/start-server.ts';
import { allRows, countRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    const under = (idempotencyKey: string, key = vendor.admin) => ({
      key,
      headers: { 'idempotency-key': idempotencyKey },
    });
    const products = (name: string) => countRows(server, 'products', { account_id: vendor.account_id, name });
    const stored = () => countRows(server, 'idempotency_keys', { account_id: vendor.account_id });
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    it('the same request again gets the first answer again, and is done once', async () => {
      const options = under(unique('order'));
      const name = unique('Once');
      const first = await door.call(createProduct, { name, metadata: { a: 1, b: 2 } }, options);
      expect([first.success, first.headers.get('idempotency-replayed')]).toEqual([true, null]);
      const effects = await sideEffects(server, vendor);
      const second = await door.call(createProduct, { metadata: { b: 2, a: 1 }, name }, options);
      expect([second.status, second.data]).toEqual([first.status, first.data]);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      expect(second.request_id).not.toBe(first.request_id);
      expect(await products(name)).toBe(1);
      expect(await sideEffects(server, vendor)).toEqual(effects);
    });

    it('a status other than the usual one is replayed too', async () => {
      const license = await vendor.license();
      const input = { license_key: license.key, device: machine() };
      await door.call(activateLicense, input, under('first'));
      const again = await door.call(activateLicense, input, under('again'));
      const replayed = await door.call(activateLicense, input, under('first'));
      expect([again.data['result'], replayed.data['result']]).toEqual(['already_active', 'activated']);
      expect(replayed.status).toBe(door.name === 'rest' ? 201 : 200);
    });

    it('a refusal of the operation itself is an answer and is replayed, whatever has changed since', async () => {
      const customer = await vendor.customer();
      const options = under(unique('taken'));
      const first = await door.call(createCustomer, { email: customer.email }, options);
      expect(first.error?.code).toBe('CONFLICT');
      await server.platform
        .database('customers')
        .where({ id: customer.id })
        .update({ email_folded: unique('moved') });
      const second = await door.call(createCustomer, { email: customer.email }, options);
      expect([second.status, second.error]).toEqual([first.status, first.error]);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
    });

    it('the key of one request does not serve another: not another body, not another operation', async () => {
      const options = under(unique('mine'));
      const name = unique('Mine');
      const product = await door.call<{ id: string }>(createProduct, { name }, options);
      const others = [
        await door.call(createProduct, { name: unique('Other') }, options),
        await door.call(createCustomer, { email: 'a@example.com' }, options),
        await door.call(updateProduct, { productId: product.data.id, name }, options),
      ];
      for (const { status, error } of others) {
        expect([status, error]).toMatchObject([
          409,
          { code: 'CONFLICT', details: { reason: 'idempotency_key_reused' } },
        ]);
      }
      const first = await door.call(createProduct, { name }, options);
      expect(first.data).toEqual(product.data);
    });

    it('of 20 requests at once exactly one is done; the others hear that it runs, or its answer', async () => {
      const name = unique('Storm');
      const options = under(unique('storm'));
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => door.call<{ id: string }>(createProduct, { name }, options)),
      );
      expect(await products(name)).toBe(1);
      expect(new Set(answers.filter(({ success }) => success).map(({ data }) => data.id)).size).toBe(1);
      const done = answers.filter(({ success, headers }) => success && !headers.has('idempotency-replayed'));
      expect(done).toHaveLength(1);
      for (const { error } of answers.filter(({ success }) => !success)) {
        expect(error).toMatchObject({ code: 'CONFLICT', details: { reason: 'idempotency_key_in_use' } });
      }
    });

    it('two API keys never meet under one idempotency key', async () => {
      const license = await vendor.license({ device_limit: 2 });
      const input = { license_key: license.key, device: machine() };
      const admin = await door.call(activateLicense, input, under('shared'));
      const channel = await door.call(activateLicense, input, under('shared', vendor.channel));
      expect([admin.data['result'], channel.data['result']]).toEqual(['activated', 'already_active']);
      expect(channel.headers.has('idempotency-replayed')).toBe(false);
    });

    it('an answer is kept for 24 hours', async () => {
      const name = unique('Daily');
      const options = under(unique('daily'));
      await door.call(createProduct, { name }, options);
      server.clock.advance(dayMs - 1);
      expect((await door.call(createProduct, { name }, options)).headers.has('idempotency-replayed')).toBe(
        true,
      );
      server.clock.advance(1);
      const later = await door.call(createProduct, { name }, options);
      expect([later.success, later.headers.has('idempotency-replayed')]).toEqual([true, false]);
      expect(await products(name)).toBe(2);
      expect((await door.call(createProduct, { name }, options)).data).toEqual(later.data);
    });

    it.each([
      ['empty', ''],
      ['with a space', 'a b'],
      ['too long', 'a'.repeat(256)],
      ['not ASCII', '\u00e9'],
    ])('a key that is %s is refused', async (_name, key) => {
      const name = unique('Malformed');
      const answer = await door.call(createProduct, { name }, under(key));
      expect([answer.status, answer.error]).toMatchObject([
        400,
        { code: 'VALIDATION_ERROR', details: [{ path: 'Idempotency-Key' }] },
      ]);
      expect(await products(name)).toBe(0);
    });

    it('a key of 255 characters is taken', async () => {
      const answer = await door.call(createProduct, { name: 'x' }, under('!'.repeat(255)));
      expect(answer.success).toBe(true);
    });

    it('reads take no notice of it', async () => {
      const before = await stored();
      expect((await door.call(listProducts, {}, under('a b'))).status).toBe(200);
      expect(await stored()).toBe(before);
    });

    describe('is not used up by', () => {
      it('a request that is not valid', async () => {
        const options = under(unique('invalid'));
        expect((await door.call(createProduct, { nmae: 'x' }, options)).status).toBe(400);
        expect((await door.call(createProduct, { name: 'x' }, options)).success).toBe(true);
      });

      it('a call over the rate limit', async () => {
        const busy = await createVendor(server, { rate_per_minute: 1 });
        await door.call(listProducts, {}, { key: busy.admin });
        const options = under(unique('busy'), busy.admin);
        expect((await door.call(createProduct, { name: 'x' }, options)).status).toBe(429);
        server.clock.advance(120_000);
        expect((await door.call(createProduct, { name: 'x' }, options)).success).toBe(true);
      });

      it('an error of ours; the change it was about is undone', async () => {
        const options = under(unique('unlucky'));
        const name = unique('Unlucky');
        const before = await stored();
        await server.platform.database.schema.renameTable('audit_entries', 'audit_entries_away');
        expect((await door.call(createProduct, { name }, options)).status).toBe(500);
        await server.platform.database.schema.renameTable('audit_entries_away', 'audit_entries');
        expect([await products(name), await stored()]).toEqual([0, before]);
        expect((await door.call(createProduct, { name }, options)).success).toBe(true);
        expect(await products(name)).toBe(1);
      });
    });

    it('a change whose answer cannot be stored does not happen', async () => {
      const name = unique('Unstored');
      const { database: db } = server.platform;
      const options = under(unique('unstored'));
      await db.schema.renameTable('idempotency_keys', 'idempotency_keys_away');
      await db.schema.createTable('idempotency_keys', (table) => {
        for (const column of ['account_id', 'key', 'procedure', 'request_hash']) table.text(column);
        table.bigInteger('expires_at');
      });
      expect((await door.call(createProduct, { name }, options)).status).toBe(500);
      await db.schema.dropTable('idempotency_keys');
      await db.schema.renameTable('idempotency_keys_away', 'idempotency_keys');
      expect(await products(name)).toBe(0);
    });

    it('no secret of a stored answer lies readable in any table', async () => {
      const apiKey = await door.call<{ key: string }>(
        createApiKey,
        { name: 'x', type: 'admin' },
        under(unique('api-key')),
      );
      const { id: product_id } = await vendor.product();
      const license = await door.call<{ key: string }>(
        createLicense,
        { product_id },
        under(unique('license')),
      );
      const everything = JSON.stringify(await allRows(server));
      expect(everything.length).toBeGreaterThan(1000);
      for (const { key } of [apiKey.data, license.data, { key: vendor.admin }]) {
        expect(key.length).toBeGreaterThan(20);
        for (const form of [key, key.replaceAll('-', ''), Buffer.from(key).toString('base64url')]) {
          expect(everything.includes(form)).toBe(false);
        }
      }
    });

    it('the first answer survives a restart of the server', async () => {
      const data = await createTestDatabase(database);
      try {
        const before = await startServer(data);
        const owner = await createVendor(before);
        const options = under('restart', owner.admin);
        const first = await openDoor(() => before.baseUrl).call(createProduct, { name: 'x' }, options);
        await before.stop();
        const after = await startServer(data, before.clock);
        const second = await openDoor(() => after.baseUrl).call(createProduct, { name: 'x' }, options);
        await after.stop();
        expect(second.data).toEqual(first.data);
        expect(second.headers.get('idempotency-replayed')).toBe('true');
      } finally {
        await data.remove();
      }
    });
  });
});

it('on two servers with one PostgreSQL, requests at once under one key are done once', async () => {
  const data = await createTestDatabase('postgres');
  const first = await startServer(data);
  const second = await startServer(data, first.clock);
  try {
    const vendor = await createVendor(first);
    const doors = [restDoor(() => first.baseUrl), restDoor(() => second.baseUrl)];
    for (let round = 0; round < 5; round++) {
      const options = { key: vendor.admin, headers: { 'idempotency-key': `round-${round}` } };
      const name = `Round ${round}`;
      const answers = await Promise.all(
        doors.map((door) => door.call<{ id: string }>(createProduct, { name }, options)),
      );
      expect(await countRows(first, 'products', { account_id: vendor.account_id, name })).toBe(1);
      const ids = answers.filter(({ success }) => success).map(({ data }) => data.id);
      expect(new Set(ids).size).toBe(1);
      for (const { error } of answers.filter(({ success }) => !success)) expect(error?.code).toBe('CONFLICT');
    }
  } finally {
    await second.stop();
    await first.stop();
    await data.remove();
  }
});
