import {
  createLicense,
  getLicense,
  type License,
  listLicenses,
  revokeLicense,
  updateLicense,
} from '@thrivetech/contracts';
import { normalizeLicenseKey } from '@thrivetech/lease';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { createdStatus, iso, observe } from '../support/app.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

const masked = /^••••-[0-9A-HJKMNP-TV-Z]{4}$/;

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    const inDays = (days: number) => iso(server.clock.now() + days * dayMs);
    const create = (fields: Record<string, unknown>) =>
      door.call<License>(createLicense, fields, { key: vendor.admin });
    const update = (licenseId: string, fields: Record<string, unknown>) =>
      door.call<License>(updateLicense, { licenseId, ...fields }, { key: vendor.admin });
    const get = (licenseId: string, key = vendor.admin) =>
      door.call<License>(getLicense, { licenseId }, { key });

    describe('a new license', () => {
      it('needs a product and nothing else; the rest is as usual', async () => {
        const product = await vendor.product();
        const { answer, events, audit } = await observe(server, vendor, () =>
          create({ product_id: product.id }),
        );
        const now = iso(server.clock.now());
        expect(answer.status).toBe(createdStatus(door));
        expect(answer.data).toEqual({
          id: expect.stringMatching(/^lic_[0-9a-z]{26}$/),
          key: expect.stringMatching(/^([0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]{2}$/),
          product_id: product.id,
          customer_id: null,
          type: 'perpetual',
          status: 'active',
          device_limit: 1,
          devices_used: 0,
          features: {},
          starts_at: now,
          expires_at: null,
          duration_days: null,
          expiry_basis: 'creation',
          grace_days: 7,
          first_activated_at: null,
          suspended_at: null,
          revoked_at: null,
          metadata: {},
          notes: null,
          created_at: now,
          updated_at: now,
          version: 1,
        });
        const { key } = answer.data;
        expect(normalizeLicenseKey(key)).toBe(key);
        const shown = { ...answer.data, key: `••••-${key.replaceAll('-', '').slice(-4)}` };
        expect(events).toMatchObject([
          {
            type: 'license.created',
            license_id: answer.data.id,
            body: {
              data: {
                license_id: answer.data.id,
                product_id: product.id,
                customer_id: null,
                customer_email: null,
                license: shown,
              },
            },
          },
        ]);
        expect(audit).toMatchObject([
          {
            action: 'license.created',
            target_id: answer.data.id,
            request_id: answer.request_id,
            before: null,
            after: shown,
          },
        ]);
      });

      it('takes everything from the product that its creator leaves out', async () => {
        const { id } = await vendor.product({
          license_defaults: {
            type: 'timed',
            device_limit: 7,
            duration_days: 30,
            grace_days: 2,
            features: { export: true, projects: 5 },
          },
        });
        expect((await create({ product_id: id })).data).toMatchObject({
          type: 'timed',
          device_limit: 7,
          duration_days: 30,
          grace_days: 2,
          features: { export: true, projects: 5 },
          expires_at: inDays(30),
        });
        const own = {
          device_limit: 2,
          grace_days: 0,
          duration_days: 3,
          features: { projects: 9, beta: true },
        };
        expect((await create({ product_id: id, ...own })).data).toMatchObject({
          ...own,
          features: { export: true, projects: 9, beta: true },
          expires_at: inDays(3),
        });
      });

      it('with a basis of first activation has no end until then', async () => {
        const { id } = await vendor.product({
          license_defaults: { type: 'timed', duration_days: 30, expiry_basis: 'first_activation' },
        });
        expect((await create({ product_id: id })).data).toMatchObject({
          type: 'timed',
          expires_at: null,
          duration_days: 30,
          expiry_basis: 'first_activation',
        });
      });

      it.each([
        ['duration_days', { duration_days: 10 }],
        ['expires_at', { expires_at: '2199-01-01T00:00:00.000Z' }],
      ])('that is given %s for a perpetual product is a timed one', async (_name, fields) => {
        const { data } = await create({ product_id: (await vendor.product()).id, ...fields });
        expect(data).toMatchObject({ type: 'timed', ...fields });
        expect(data.expires_at).not.toBeNull();
      });

      it('runs its duration from its own start', async () => {
        const { data } = await create({
          product_id: (await vendor.product()).id,
          starts_at: inDays(5),
          duration_days: 10,
        });
        expect(data).toMatchObject({ status: 'not_started', starts_at: inDays(5), expires_at: inDays(15) });
      });

      it.each([
        ['duration_days', { expires_at: '2199-01-01T00:00:00Z', duration_days: 3 }],
        ['expires_at', { type: 'perpetual', expires_at: '2199-01-01T00:00:00Z' }],
        ['duration_days', { type: 'perpetual', duration_days: 3 }],
        ['duration_days', { type: 'timed' }],
        ['duration_days', { type: 'trial' }],
        ['expires_at', { expires_at: '2020-01-01T00:00:00Z' }],
        ['expires_at', { starts_at: '2030-01-01T00:00:00Z', expires_at: '2030-01-01T00:00:00Z' }],
        ['device_limit', { device_limit: 0 }],
        ['duration_days', { duration_days: 0 }],
        ['grace_days', { grace_days: -1 }],
        ['status', { status: 'active' }],
      ])('that contradicts itself is a 400 that names %s, and is not made: %o', async (path, fields) => {
        const product_id = (await vendor.product()).id;
        const { answer, eventTypes, audit } = await observe(server, vendor, () =>
          create({ product_id, ...fields }),
        );
        expect([answer.status, answer.error]).toMatchObject([
          400,
          { code: 'VALIDATION_ERROR', details: [{ path }] },
        ]);
        expect({ eventTypes, audit }).toEqual({ eventTypes: [], audit: [] });
      });

      // Each is right by itself; only what follows from them cannot be told in an answer.
      it.each([
        ['an end beyond the year 9999', { starts_at: '9999-12-01T00:00:00Z', duration_days: 36_500 }],
        ['an end that its offset carries beyond the year 9999', { expires_at: '9999-12-31T23:00:00-12:00' }],
        ['a grace beyond the year 9999', { expires_at: '9999-12-31T00:00:00Z', grace_days: 36_500 }],
        ['a start that its offset carries before the year 1000', { starts_at: '1000-01-01T00:00:00+12:00' }],
      ])('with %s is a 400, and is not made', async (_what, fields) => {
        const product_id = (await vendor.product()).id;
        const before = await allRows(server);
        const answer = await create({ product_id, ...fields });
        expect([answer.status, answer.error?.code]).toEqual([400, 'VALIDATION_ERROR']);
        expect(await allRows(server)).toEqual(before);
      });

      it('with more features than fit, its own and the product’s together, is a 400, and is not made', async () => {
        const features = (prefix: string) =>
          Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`${prefix}${n}`, true]));
        const product = await vendor.product({ license_defaults: { features: features('a') } });
        const before = await allRows(server);
        const answer = await create({ product_id: product.id, features: features('b') });
        expect([answer.status, answer.error]).toMatchObject([
          400,
          { code: 'VALIDATION_ERROR', details: [{ path: 'features' }] },
        ]);
        expect(await allRows(server)).toEqual(before);
      });

      it('of an archived product is a 409', async () => {
        const { id } = await vendor.product({ status: 'archived' });
        const answer = await create({ product_id: id });
        expect([answer.status, answer.error]).toMatchObject([
          409,
          { code: 'CONFLICT', details: { reason: 'product_archived' } },
        ]);
      });

      it('of a product or for a customer that is not there, or a stranger’s, is a 404', async () => {
        const stranger = await createVendor(server);
        const [product, theirs] = [await vendor.product(), await stranger.product()];
        const customer = await stranger.customer();
        const before = await allRows(server);
        for (const fields of [
          { product_id: 'prd_none' },
          { product_id: theirs.id },
          { product_id: product.id, customer_id: 'cus_none' },
          { product_id: product.id, customer_id: customer.id },
        ]) {
          const answer = await create(fields);
          expect([answer.status, answer.error?.code], JSON.stringify(fields)).toEqual([
            404,
            'RESOURCE_NOT_FOUND',
          ]);
        }
        expect(await allRows(server)).toEqual(before);
      });
    });

    describe('the license key', () => {
      it('is shown in full to an admin on create and get, and each look is in the audit log', async () => {
        const license = await vendor.license();
        const { answer, eventTypes, audit } = await observe(server, vendor, () => get(license.id));
        expect(answer.data).toEqual(license);
        expect(eventTypes).toEqual([]);
        expect(audit).toEqual([
          {
            action: 'license.key_revealed',
            target_id: license.id,
            request_id: answer.request_id,
            before: null,
            after: null,
          },
        ]);
      });

      it('is masked for a read-only key, and that look is nobody’s business', async () => {
        const license = await vendor.license();
        const { answer, audit } = await observe(server, vendor, () => get(license.id, vendor.read_only));
        expect(answer.data.key).toMatch(masked);
        expect(answer.data).toEqual({ ...license, key: answer.data.key });
        expect(audit).toEqual([]);
      });

      it('is masked in lists, updates and revocations, also for an admin', async () => {
        const license = await vendor.license();
        const list = await door.call<License[]>(listLicenses, { q: license.id }, { key: vendor.admin });
        const revoke = { licenseId: license.id };
        for (const key of [
          list.data[0]?.key,
          (await update(license.id, { notes: 'x' })).data.key,
          (await door.call<License>(revokeLicense, revoke, { key: vendor.admin })).data.key,
        ]) {
          expect(key).toMatch(masked);
        }
      });

      it('lies in no table in clear', async () => {
        const license = await vendor.license();
        await get(license.id);
        const rows = JSON.stringify(await allRows(server));
        expect(rows).not.toContain(license.key);
        expect(rows).not.toContain(license.key.replaceAll('-', ''));
      });
    });
  });
});
