import {
  createProduct,
  deleteProduct,
  getProduct,
  listProducts,
  type Product,
  updateProduct,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    it('a product needs a name and nothing else', async () => {
      const before = await sideEffects(server, vendor);
      const answer = await door.call<Product>(createProduct, { name: 'Photo Studio' }, { key: vendor.admin });
      expect(answer.success).toBe(true);
      expect(answer.data).toMatchObject({
        name: 'Photo Studio',
        code: null,
        status: 'active',
        license_defaults: {
          type: 'perpetual',
          device_limit: 1,
          trial_days: null,
          lease_days: 14,
          grace_days: 7,
        },
        version: 1,
      });
      const after = await sideEffects(server, vendor);
      expect(after.events).toEqual(before.events);
      expect(after.audit.slice(before.audit.length)).toMatchObject([
        { action: 'product.created', target_id: answer.data.id, request_id: answer.request_id, before: null },
      ]);
      expect(
        (await door.call(getProduct, { productId: answer.data.id }, { key: vendor.read_only })).data,
      ).toEqual(answer.data);
    });

    it('two products of an account cannot have the same code, two accounts can', async () => {
      const code = unique('code');
      await vendor.product({ code });
      const answer = await door.call(createProduct, { name: 'Twin', code }, { key: vendor.admin });
      expect(answer.status).toBe(409);
      expect(answer.error).toMatchObject({ code: 'CONFLICT', details: { reason: 'product_code_taken' } });
      const other = await createVendor(server);
      expect((await other.product({ code })).code).toBe(code);
    });

    it('an update changes what it names and keeps the rest, inside the license defaults too', async () => {
      const product = await vendor.product({ license_defaults: { device_limit: 3, trial_days: 14 } });
      const answer = await door.call<Product>(
        updateProduct,
        { productId: product.id, status: 'archived', license_defaults: { device_limit: 5 } },
        { key: vendor.admin },
      );
      expect(answer.data).toEqual({
        ...product,
        status: 'archived',
        license_defaults: { ...product.license_defaults, device_limit: 5 },
        updated_at: answer.data.updated_at,
        version: 2,
      });
    });

    it('an update made from an older version is refused and changes nothing', async () => {
      const product = await vendor.product();
      const first = { productId: product.id, name: 'First', version: 1 };
      expect((await door.call(updateProduct, first, { key: vendor.admin })).success).toBe(true);
      const second = await door.call(updateProduct, { ...first, name: 'Second' }, { key: vendor.admin });
      expect(second.error).toMatchObject({ code: 'CONFLICT', details: { reason: 'version_mismatch' } });
      const { data } = await door.call<Product>(getProduct, { productId: product.id }, { key: vendor.admin });
      expect(data.name).toBe('First');
    });

    it('a product with licenses cannot be deleted, one without can, once', async () => {
      const license = await vendor.license();
      const refused = await door.call(
        deleteProduct,
        { productId: license.product_id },
        { key: vendor.admin },
      );
      expect(refused.error).toMatchObject({ code: 'CONFLICT', details: { reason: 'product_has_licenses' } });

      const { id } = await vendor.product();
      const deleted = await door.call(deleteProduct, { productId: id }, { key: vendor.admin });
      expect(deleted.data).toEqual({ id, deleted: true });
      expect((await door.call(deleteProduct, { productId: id }, { key: vendor.admin })).status).toBe(404);
    });

    describe('lists', () => {
      it('give every product once, page by page, in the order asked for', async () => {
        const owner = await createVendor(server);
        const names = ['delta', 'Alpha', 'charlie', 'Bravo', 'alpha'];
        for (const name of names) await owner.product({ name });
        const seen: string[] = [];
        let cursor: string | undefined;
        do {
          const page = await door.call<Product[]>(
            listProducts,
            { limit: 2, sort: 'name', ...(cursor && { cursor }) },
            { key: owner.read_only },
          );
          seen.push(...page.data.map(({ name }) => name));
          cursor = page.pagination?.next_cursor ?? undefined;
          expect(page.pagination?.has_more).toBe(cursor !== undefined);
        } while (cursor);
        expect(seen.map((name) => name.toLowerCase())).toEqual([
          'alpha',
          'alpha',
          'bravo',
          'charlie',
          'delta',
        ]);
      });

      it('refuse a cursor of another list, filter or order', async () => {
        const owner = await createVendor(server);
        for (let n = 0; n < 3; n++) await owner.product();
        const page = await door.call(listProducts, { limit: 1 }, { key: owner.admin });
        const cursor = page.pagination?.next_cursor;
        const refused = await door.call(
          listProducts,
          { limit: 1, status: 'active', cursor },
          { key: owner.admin },
        );
        expect(refused.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'cursor' }] });
        const stranger = await door.call(listProducts, { limit: 1, cursor }, { key: vendor.admin });
        expect(stranger.status).toBe(400);
      });
    });
  });
});
