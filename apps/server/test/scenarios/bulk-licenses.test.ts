import { createLicenses, type License, listLicenses, type Product } from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let product: Product;
    beforeAll(async () => {
      vendor = await createVendor(server);
      product = await vendor.product({ license_defaults: { device_limit: 4 } });
    });
    const create = (licenses: unknown, headers: Record<string, string> = {}) =>
      door.call<{ licenses: License[] }>(createLicenses, { licenses }, { key: vendor.admin, headers });
    const entry = (more: Record<string, unknown> = {}) => ({ product_id: product.id, ...more });
    const count = async (of: Vendor = vendor) => {
      const [row] = await server.platform
        .database('licenses')
        .where({ account_id: of.account_id })
        .count({ n: '*' });
      return Number(row?.['n']);
    };

    it('500 licenses come from one request, in the order asked for, each with a key of its own', async () => {
      const owner = await createVendor(server);
      const { id: product_id } = await owner.product();
      const asked = Array.from({ length: 500 }, (_entry, n) => ({ product_id, device_limit: n + 1 }));
      const answer = await door.call<{ licenses: License[] }>(
        createLicenses,
        { licenses: asked },
        { key: owner.admin },
      );
      expect(answer.status).toBe(door.name === 'rest' ? 201 : 200);
      const { licenses } = answer.data;
      expect(licenses.map(({ device_limit }) => device_limit)).toEqual(
        asked.map(({ device_limit }) => device_limit),
      );
      expect(new Set(licenses.map(({ key }) => key)).size).toBe(500);
      expect(await count(owner)).toBe(500);

      const { events, audit } = await sideEffects(server, owner);
      expect(events.map(({ type, license_id }) => [type, license_id])).toEqual(
        licenses.map(({ id }) => ['license.created', id]),
      );
      expect(events.map(({ sequence }) => sequence)).toEqual(licenses.map((_license, n) => n + 1));
      const created = audit.filter(({ action }) => action === 'license.created');
      expect(created.map(({ target_id }) => target_id).sort()).toEqual(licenses.map(({ id }) => id).sort());
      expect(new Set(created.map(({ request_id }) => request_id))).toEqual(new Set([answer.request_id]));
    });

    it('a single one is the same license that the single call would have made', async () => {
      const { data } = await create([entry({ type: 'timed', duration_days: 30 })]);
      const [license] = data.licenses;
      const single = await vendor.license(entry({ type: 'timed', duration_days: 30 }));
      const { id, key, ...rest } = single;
      expect(license).toMatchObject(rest);
      expect([license?.id, license?.key]).not.toEqual([id, key]);
    });

    it('all or none: the first fault takes the whole request back and names its entry', async () => {
      const archived = await vendor.product({ status: 'active' });
      await server.platform.uow.runInternal(async (tx) => {
        const row = await tx.products.findForUpdate(vendor.account_id, archived.id);
        if (row) await tx.products.replace({ ...row, status: 'archived' });
      });
      const stranger = await createVendor(server);
      const foreign = await stranger.product();
      const customer = await stranger.customer();
      const cases: [Record<string, unknown>, number, object][] = [
        [{ duration_days: 0 }, 400, { details: [{ path: 'licenses.3.duration_days' }] }],
        [{ expires_at: '2020-01-01T00:00:00Z' }, 400, { details: [{ path: 'licenses.3.expires_at' }] }],
        [{ type: 'timed' }, 400, { details: [{ path: 'licenses.3.duration_days' }] }],
        [{ nonsense: 1 }, 400, { details: [{ path: 'licenses.3.nonsense', code: 'unknown_field' }] }],
        [{ device_limit: '5' }, 400, { details: [{ path: 'licenses.3.device_limit' }] }],
        [{ product_id: foreign.id }, 404, { code: 'RESOURCE_NOT_FOUND', details: { index: 3 } }],
        [{ customer_id: customer.id }, 404, { code: 'RESOURCE_NOT_FOUND', details: { index: 3 } }],
        [{ product_id: archived.id }, 409, { details: { reason: 'product_archived', index: 3 } }],
      ];
      const before = [await count(), await sideEffects(server, vendor)];
      for (const [fault, status, error] of cases) {
        const answer = await create([entry(), entry(), entry(), entry(fault), entry()]);
        expect([answer.status, answer.error], JSON.stringify(fault)).toMatchObject([status, error]);
      }
      expect([await count(), await sideEffects(server, vendor)]).toEqual(before);
    });

    it('of two faults inside, the first is the one that is named', async () => {
      const answer = await create([entry(), entry({ type: 'timed' }), entry({ type: 'trial' })]);
      expect(answer.error?.details).toMatchObject([{ path: 'licenses.1.duration_days' }]);
    });

    it('takes 1 to 500 entries', async () => {
      for (const licenses of [[], Array.from({ length: 501 }, () => entry()), null, entry(), undefined]) {
        const answer = await create(licenses);
        expect([answer.status, answer.error?.details]).toMatchObject([400, [{ path: 'licenses' }]]);
      }
    });

    it('under an Idempotency-Key the second answer is the first, and nothing is made twice', async () => {
      const before = await count();
      const headers = { 'idempotency-key': `bulk-${door.name}` };
      const first = await create([entry(), entry()], headers);
      const second = await create([entry(), entry()], headers);
      expect(second.data).toEqual(first.data);
      expect(await count()).toBe(before + 2);
    });

    it('what was made is in the list at once, with masked keys', async () => {
      const { data } = await create([entry(), entry()]);
      const { data: listed } = await door.call<License[]>(
        listLicenses,
        { product_id: product.id, limit: 100 },
        { key: vendor.read_only },
      );
      for (const license of data.licenses) {
        const masked = `••••-${license.key.replaceAll('-', '').slice(-4)}`;
        expect(listed).toContainEqual({ ...license, key: masked });
      }
    });

    it('is for admin keys alone', async () => {
      for (const key of [vendor.read_only, vendor.channel]) {
        const answer = await door.call(createLicenses, { licenses: [entry()] }, { key });
        expect([answer.status, answer.error?.code]).toEqual([403, 'PERMISSION_DENIED']);
      }
    });
  });
});
