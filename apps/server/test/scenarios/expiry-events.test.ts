import {
  activateLicense,
  eventBody,
  getLicense,
  type License,
  type ProcedureContract,
  reinstateLicense,
  renewLicense,
  revokeLicense,
  suspendLicense,
  updateLicense,
} from '@thrivetech/contracts';
import { beforeEach, expect, it } from 'vitest';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { appOf, iso } from '../support/app.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { endOf, expiryEvents, licensesEndingTogether } from '../support/expiry-events.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);
  let vendor: Vendor;
  beforeEach(async () => {
    vendor = await createVendor(server);
  });

  /** Moves time there, and does what is due by then. */
  const comeTo = async (epochMs: number) => {
    server.clock.set(epochMs);
    await server.platform.jobs.runDue();
  };

  const told = async (license: License) => (await expiryEvents(server, vendor, license.id)).length;
  const timed = (more: Record<string, unknown> = {}) =>
    vendor.license({ type: 'timed', duration_days: 10, grace_days: 0, ...more });

  it.each([
    ['at its end', 0],
    ['when its grace is over', 5],
  ])(
    'a license is told of %s, not a millisecond earlier, and once however often one looks',
    async (_when, grace_days) => {
      const license = await timed({ grace_days });
      const end = endOf(license);
      expect(end).toBe(server.clock.now() + (10 + grace_days) * dayMs);
      await comeTo(end - 1);
      expect(await told(license)).toBe(0);
      await comeTo(end);
      expect(await told(license)).toBe(1);
      for (const laterMs of [0, 1, minuteMs, dayMs, 400 * dayMs]) await comeTo(server.clock.now() + laterMs);
      expect(await told(license)).toBe(1);
    },
  );

  it('telling changes nothing else: not the license, not its version, not the audit log', async () => {
    const license = await timed();
    const row = () => server.platform.database('licenses').where({ id: license.id }).first();
    const [before, { audit }] = [await row(), await sideEffects(server, vendor)];
    await comeTo(endOf(license));
    expect(await row()).toEqual({ ...before, expiry_told_for: endOf(license) });
    expect((await sideEffects(server, vendor)).audit).toEqual(audit);
  });

  it('a license that was given a nearer end than any known one is told of within a minute', async () => {
    const distant = await timed({ duration_days: 100 });
    await comeTo(server.clock.now());
    const near = await timed({ duration_days: undefined, expires_at: iso(server.clock.now() + 1_000) });
    await comeTo(server.clock.now() + minuteMs);
    expect([await told(near), await told(distant)]).toEqual([1, 0]);
  });

  it('more ends than one batch holds are all told of in one go, each once', async () => {
    const licenses = await licensesEndingTogether(server, vendor, 401);
    await comeTo(endOf(licenses[0] as License));
    const events = await expiryEvents(server, vendor);
    expect(events.map(({ license_id }) => license_id).sort()).toEqual(licenses.map(({ id }) => id).sort());
  });

  it('each account is told of its own licenses, and of no other', async () => {
    const other = await createVendor(server);
    const mine = await licensesEndingTogether(server, vendor, 3);
    const theirs = await licensesEndingTogether(server, other, 2);
    await comeTo(Math.max(...[...mine, ...theirs].map(endOf)));
    const idsOf = async (of: Vendor) => (await expiryEvents(server, of)).map(({ license_id }) => license_id);
    expect((await idsOf(vendor)).sort()).toEqual(mine.map(({ id }) => id).sort());
    expect((await idsOf(other)).sort()).toEqual(theirs.map(({ id }) => id).sort());
  });

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    const app = appOf(door, () => vendor.channel);
    const manage = async (
      contract: ProcedureContract,
      { id }: License,
      more: Record<string, unknown> = {},
    ) => {
      const { success, data } = await door.call<License>(
        contract,
        { licenseId: id, ...more },
        { key: vendor.admin },
      );
      expect(success).toBe(true);
      return data;
    };

    it('the event is as the catalogue has it, and holds the license as the API shows it then', async () => {
      const customer = await vendor.customer();
      const license = await timed({ customer_id: customer.id, metadata: { order: 'A-1' }, grace_days: 2 });
      await app.activate({ license_key: license.key, device: machine() });
      await comeTo(endOf(license));
      const [event] = await expiryEvents(server, vendor, license.id);
      const body = eventBody('license.expired').parse(event?.body);
      // Parsing drops what the catalogue does not know.
      expect(event?.body).toEqual(body);
      const { data: shown } = await door.call<License>(
        getLicense,
        { licenseId: license.id },
        { key: vendor.read_only },
      );
      expect(shown.status).toBe('expired');
      expect(body).toMatchObject({
        created_at: iso(endOf(license)),
        account_id: vendor.account_id,
        sequence: event?.sequence,
        data: {
          license_id: license.id,
          product_id: license.product_id,
          customer_id: customer.id,
          customer_email: customer.email,
          license: shown,
        },
      });
      expect(JSON.stringify(event?.body)).not.toContain(license.key);
    });

    it('the end of a trial is told of', async () => {
      const product = await vendor.product({ license_defaults: { trial_days: 14 } });
      const { data } = await app.trial({ product_id: product.id, device: machine() });
      const end = Date.parse(data.license.expires_at ?? '');
      expect(end).toBe(server.clock.now() + 14 * dayMs);
      await comeTo(end - 1);
      expect(await expiryEvents(server, vendor)).toEqual([]);
      await comeTo(end);
      const events = await expiryEvents(server, vendor);
      expect(events.map(({ body }) => body['data'])).toMatchObject([
        { license_id: data.license.id, customer_email: null, license: { type: 'trial', status: 'expired' } },
      ]);
    });

    it('a license that is renewed in time is not told of; one that is renewed after its end is told of again at the next', async () => {
      const inTime = await timed();
      await comeTo(endOf(inTime) - 1);
      const renewed = await manage(renewLicense, inTime, { from: 'expiry' });
      await comeTo(endOf(renewed) - 1);
      expect(await told(inTime)).toBe(0);
      await comeTo(endOf(renewed));
      expect(await told(inTime)).toBe(1);

      const again = await manage(renewLicense, inTime, { from: 'now' });
      await comeTo(endOf(again) - 1);
      expect(await told(inTime)).toBe(1);
      await comeTo(endOf(again));
      expect(await told(inTime)).toBe(2);
    });

    it('a license whose end is moved away and back is told of again', async () => {
      const license = await timed();
      await comeTo(endOf(license));
      expect(await told(license)).toBe(1);
      await manage(updateLicense, license, { expires_at: iso(endOf(license) + 30 * dayMs) });
      await comeTo(server.clock.now() + dayMs);
      expect(await told(license)).toBe(1);
      await manage(updateLicense, license, { expires_at: license.expires_at });
      await comeTo(server.clock.now() + minuteMs);
      expect(await told(license)).toBe(2);
    });

    it('grace that is given after the end moves the end; a change of something else does not', async () => {
      const license = await timed();
      await comeTo(endOf(license));
      const noted = await manage(updateLicense, license, { notes: 'Called.', device_limit: 9 });
      await comeTo(server.clock.now() + minuteMs);
      expect(await told(license)).toBe(1);
      const later = await manage(updateLicense, noted, { grace_days: 7 });
      expect(later.status).toBe('active');
      await comeTo(endOf(later) - 1);
      expect(await told(license)).toBe(1);
      await comeTo(endOf(later));
      expect(await told(license)).toBe(2);
    });

    it('a revoked license is never told of, whether it was revoked before its end or after', async () => {
      const before = await timed();
      const after = await timed();
      await manage(revokeLicense, before);
      await comeTo(endOf(before));
      await manage(revokeLicense, after);
      await comeTo(server.clock.now() + 400 * dayMs);
      expect([await told(before), await told(after)]).toEqual([0, 1]);
    });

    it('a license that ends while it is suspended is told of when it is reinstated', async () => {
      const license = await timed();
      await manage(suspendLicense, license);
      await comeTo(endOf(license) + dayMs);
      expect(await told(license)).toBe(0);
      await manage(reinstateLicense, license);
      await comeTo(server.clock.now() + minuteMs);
      expect(await told(license)).toBe(1);
    });

    it('a license that was told of is not told of again when it is suspended and reinstated', async () => {
      const license = await timed();
      await comeTo(endOf(license));
      await manage(suspendLicense, license);
      await comeTo(server.clock.now() + minuteMs);
      await manage(reinstateLicense, license);
      await comeTo(server.clock.now() + minuteMs);
      expect(await told(license)).toBe(1);
    });

    it('a license without an end is never told of; one whose end comes with its first activation is told of then', async () => {
      const perpetual = await vendor.license({ type: 'perpetual' });
      const product = await vendor.product({ license_defaults: { expiry_basis: 'first_activation' } });
      const license = await timed({ product_id: product.id, device_limit: 2 });
      expect([perpetual.expires_at, license.expires_at]).toEqual([null, null]);
      await comeTo(server.clock.now() + 5_000 * dayMs);
      expect(await expiryEvents(server, vendor)).toEqual([]);

      const proof = { license_key: license.key, device: machine() };
      await door.call(activateLicense, proof, { key: vendor.channel });
      const end = server.clock.now() + 10 * dayMs;
      await comeTo(end - 1);
      expect(await told(license)).toBe(0);
      await comeTo(end);
      expect([await told(license), await told(perpetual)]).toEqual([1, 0]);
    });
  });
});
