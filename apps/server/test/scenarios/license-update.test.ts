import { getLicense, type License, revokeLicense, updateLicense } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { appOf, iso, observe } from '../support/app.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });

    const inDays = (days: number) => iso(server.clock.now() + days * dayMs);
    const update = (licenseId: string, fields: Record<string, unknown>) =>
      door.call<License>(updateLicense, { licenseId, ...fields }, { key: vendor.admin });
    const get = (licenseId: string, key = vendor.admin) =>
      door.call<License>(getLicense, { licenseId }, { key });

    describe('an update', () => {
      it('changes what it names and keeps the rest; there is no event of it', async () => {
        const customer = await vendor.customer();
        const license = await vendor.license({ type: 'timed', duration_days: 30, features: { a: 1 } });
        server.clock.advance(1000);
        const changes = {
          customer_id: customer.id,
          device_limit: 9,
          expires_at: inDays(60),
          grace_days: 1,
          features: { b: 2 },
          metadata: { order: 'A-2' },
          notes: 'called\ntwice',
        };
        const { answer, eventTypes, audit } = await observe(server, vendor, () =>
          update(license.id, changes),
        );
        expect(answer.data).toEqual({
          ...license,
          ...changes,
          key: answer.data.key,
          updated_at: iso(server.clock.now()),
          version: 2,
        });
        expect(eventTypes).toEqual([]);
        expect(audit).toMatchObject([
          {
            action: 'license.updated',
            before: { ...license, key: answer.data.key },
            after: answer.data,
          },
        ]);
        expect((await get(license.id, vendor.read_only)).data).toEqual(answer.data);
      });

      it('never changes the type, the product, the duration or the key', async () => {
        const license = await vendor.license();
        for (const [path, value] of Object.entries({
          type: 'timed',
          product_id: license.product_id,
          duration_days: 3,
          key: license.key,
        })) {
          const answer = await update(license.id, { [path]: value });
          expect([answer.status, answer.error?.details]).toMatchObject([
            400,
            [{ path, code: 'unknown_field' }],
          ]);
        }
      });

      it.each([
        ['with a duration', { type: 'timed', duration_days: 30 }],
        ['with an end', { type: 'timed', expires_at: '2199-01-01T00:00:00.000Z' }],
        ['for trial', { type: 'trial', duration_days: 30 }],
      ])('cannot take the end from a license %s', async (_what, fields) => {
        const license = await vendor.license(fields);
        const { answer, audit } = await observe(server, vendor, () =>
          update(license.id, { expires_at: null }),
        );
        expect([answer.status, answer.error]).toMatchObject([
          400,
          { code: 'VALIDATION_ERROR', details: [{ path: 'expires_at' }] },
        ]);
        expect(audit).toEqual([]);
        expect((await get(license.id)).data).toEqual(license);
      });

      it('cannot take the end from a license whose first activation set it', async () => {
        const product = await vendor.product({
          license_defaults: { type: 'timed', duration_days: 30, expiry_basis: 'first_activation' },
        });
        const license = await vendor.license({ product_id: product.id });
        const app = appOf(door, () => vendor.channel);
        await app.activate({ license_key: license.key, device: machine() });
        const answer = await update(license.id, { expires_at: null });
        expect([answer.status, answer.error?.details]).toMatchObject([400, [{ path: 'expires_at' }]]);
      });

      it('may take the end from a subscription, and cannot give one to a perpetual license', async () => {
        const subscription = await vendor.license({ type: 'subscription', duration_days: 30 });
        expect((await update(subscription.id, { expires_at: null })).data.expires_at).toBeNull();
        const perpetual = await vendor.license();
        const refused = await update(perpetual.id, { expires_at: inDays(3) });
        expect([refused.status, refused.error?.details]).toMatchObject([400, [{ path: 'expires_at' }]]);
      });

      // A time that no answer can show would break every list of the account for good.
      it.each([
        ['an end', { expires_at: '9999-12-31T23:00:00-12:00' }],
        ['a start', { starts_at: '1000-01-01T00:00:00+12:00' }],
        ['a grace', { expires_at: '9999-12-31T00:00:00Z', grace_days: 36_500 }],
      ])('cannot carry %s out of the years that a time can be shown in', async (_what, fields) => {
        const owner = await createVendor(server);
        const license = await owner.license({ type: 'timed', duration_days: 30 });
        const before = await allRows(server);
        const input = { licenseId: license.id, ...fields };
        const answer = await door.call(updateLicense, input, { key: owner.admin });
        expect([answer.status, answer.error?.code]).toEqual([400, 'VALIDATION_ERROR']);
        expect(await allRows(server)).toEqual(before);
      });

      it('cannot end a license before it starts', async () => {
        const license = await vendor.license({ type: 'timed', duration_days: 30 });
        const refused = await update(license.id, { starts_at: inDays(31) });
        expect([refused.status, refused.error?.code]).toEqual([400, 'VALIDATION_ERROR']);
        expect((await get(license.id)).data).toEqual(license);
      });

      it('of a revoked license is a 409, of an unknown customer a 404; both change nothing', async () => {
        const [license, revoked] = [await vendor.license(), await vendor.license()];
        await door.call(revokeLicense, { licenseId: revoked.id }, { key: vendor.admin });
        const before = await allRows(server);
        const answer = await update(revoked.id, { notes: 'x' });
        expect([answer.status, answer.error]).toMatchObject([
          409,
          { details: { reason: 'license_revoked' } },
        ]);
        expect((await update(license.id, { customer_id: 'cus_none' })).status).toBe(404);
        expect(await allRows(server)).toEqual(before);
      });

      it('made from an older version is refused and changes nothing', async () => {
        const license = await vendor.license();
        expect((await update(license.id, { notes: 'first', version: 1 })).success).toBe(true);
        const { answer, audit } = await observe(server, vendor, () =>
          update(license.id, { notes: 'second', version: 1 }),
        );
        expect([answer.status, answer.error]).toMatchObject([
          409,
          { code: 'CONFLICT', details: { reason: 'version_mismatch' } },
        ]);
        expect(audit).toEqual([]);
        expect((await get(license.id)).data).toMatchObject({ notes: 'first', version: 2 });
      });

      it('made ten times from one version at once succeeds once', async () => {
        const license = await vendor.license();
        const answers = await Promise.all(
          Array.from({ length: 10 }, (_, n) => update(license.id, { notes: `${n}`, version: 1 })),
        );
        expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(409)]);
      });
    });
  });

  it('a license has its version as ETag, and If-Match guards an update by it', async () => {
    const door = restDoor(() => server.baseUrl);
    const vendor = await createVendor(server);
    const { id } = await vendor.license();
    const read = await door.call(getLicense, { licenseId: id }, { key: vendor.admin });
    const etag = read.headers.get('etag') ?? '';
    expect(etag).toBe('"1"');
    const update = () =>
      door.call(
        updateLicense,
        { licenseId: id, notes: 'x' },
        { key: vendor.admin, headers: { 'if-match': etag } },
      );
    expect((await update()).headers.get('etag')).toBe('"2"');
    expect((await update()).error).toMatchObject({ details: { reason: 'version_mismatch' } });
  });
});
