import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  activateLicense,
  type Customer,
  createCustomer,
  createLicense,
  deactivateLicense,
  eraseCustomer,
  getCustomer,
  getLicense,
  type License,
  listAuditEntries,
  listCustomers,
  type ProcedureContract,
  removeDevice,
  suspendLicense,
  updateCustomer,
  updateLicense,
  validateLicense,
} from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { verifyAuditChain } from '../../src/modules/audit/index.ts';
import { loadMasterKey } from '../../src/platform/crypto/master-key.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);
  const db = () => server.platform.database;

  /** Where a text can still be found: columns of tables, and the bytes of the database's files. */
  const tracesOf = async (marker: string): Promise<string[]> => {
    const found: string[] = [];
    const isSqlite = database === 'sqlite';
    const tables: string[] = isSqlite
      ? await db()('sqlite_master').where({ type: 'table' }).pluck('name')
      : await db()('information_schema.tables').where({ table_schema: 'public' }).pluck('table_name');
    expect(tables.length).toBeGreaterThan(10);
    const wanted = marker.toLowerCase();
    for (const table of tables) {
      for (const row of await db()(table).select()) {
        for (const [column, value] of Object.entries(row)) {
          if (String(value).toLowerCase().includes(wanted)) found.push(`${table}.${column}`);
        }
      }
    }
    if (isSqlite) {
      const file = await sqliteFile();
      for (const end of ['', '-wal', '-shm', '-journal']) {
        if (!existsSync(file + end)) continue;
        const bytes = readFileSync(file + end)
          .toString('latin1')
          .toLowerCase();
        if (bytes.includes(wanted)) found.push(`file${end}`);
      }
    }
    if (server.logLines.join('').toLowerCase().includes(wanted)) found.push('log');
    return found;
  };
  const sqliteFile = async (): Promise<string> => (await db().raw('pragma database_list'))[0].file;

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeAll(async () => {
      vendor = await createVendor(server);
    });
    const manage = <Data = Record<string, unknown>>(
      contract: ProcedureContract,
      input: Record<string, unknown>,
      headers: Record<string, string> = {},
    ) => door.call<Data>(contract, input, { key: vendor.admin, headers });
    const erase = (customerId: string) =>
      manage<{ id: string; erased: boolean; licenses_kept: number }>(eraseCustomer, { customerId });
    const validate = async (license: License, device: object) =>
      (
        await door.call<{ code: string }>(
          validateLicense,
          { license_key: license.key, device },
          { key: vendor.channel },
        )
      ).data.code;
    const activate = (license: License, device: object, headers: Record<string, string> = {}) =>
      door.call<{ device: { id: string } }>(
        activateLicense,
        { license_key: license.key, device },
        { key: vendor.channel, headers },
      );

    /** A person whose marker is in every field that can hold one, with a history of every kind of change. */
    const person = async () => {
      const marker = unique(`MARKER${Math.random().toString(36).slice(2)}`);
      const idempotent = () => ({ 'idempotency-key': unique('key') });
      const { data: customer } = await manage<Customer>(
        createCustomer,
        {
          email: `${marker}@example.com`,
          name: `${marker} Lovelace`,
          company: `${marker} Engines`,
          phone: `+44 ${marker}`,
          metadata: { note: marker },
        },
        idempotent(),
      );
      const customerId = customer.id;
      await manage(updateCustomer, { customerId, name: `${marker} Byron`, metadata: {} }, idempotent());
      const product = await vendor.product();
      const fields = {
        product_id: product.id,
        customer_id: customerId,
        device_limit: 5,
        notes: `for ${marker}`,
        metadata: { who: marker },
      };
      const license = (await manage<License>(createLicense, fields, idempotent())).data;
      const licenseId = license.id;
      await manage(updateLicense, { licenseId, notes: `still ${marker}` }, idempotent());
      const devices = [1, 2, 3].map((n) => machine(unique('machine'), { name: `${marker}'s laptop ${n}` }));
      const ids: string[] = [];
      for (const device of devices) ids.push((await activate(license, device, idempotent())).data.device.id);
      await door.call(
        deactivateLicense,
        { license_key: license.key, device: devices[1] },
        { key: vendor.channel, headers: idempotent() },
      );
      await manage(removeDevice, { licenseId, deviceId: ids[2] });
      const suspended = (await manage<License>(createLicense, fields)).data;
      await manage(
        suspendLicense,
        { licenseId: suspended.id, reason: `${marker} has not paid` },
        idempotent(),
      );
      return { marker, customer, license, suspended, device: devices[0] as ReturnType<typeof machine> };
    };

    it('leaves no trace of the person: in no table, file, log line or export', async () => {
      const { marker, customer } = await person();
      const before = await tracesOf(marker); // The search itself works: it finds the person where the person is.
      for (const place of [
        'customers.email',
        'licenses.notes',
        'devices.name',
        'events.body',
        'audit_entries.after',
      ]) {
        expect(before).toContain(place);
      }
      const { status, data } = await erase(customer.id);
      expect([status, data]).toEqual([200, { id: customer.id, erased: true, licenses_kept: 2 }]);
      expect(await tracesOf(marker)).toEqual([]);
      const csv = await fetch(`${server.baseUrl}/api/v1/licenses/export`, {
        headers: { authorization: `Bearer ${vendor.admin}` },
      });
      expect(await csv.text()).not.toContain(marker);
    });

    it('the licenses stay valid, in their state and with their seats, and belong to nobody', async () => {
      const { customer, license, suspended, device } = await person();
      expect(await validate(license, device)).toBe('VALID');
      const read = async (licenseId: string) => (await manage<License>(getLicense, { licenseId })).data;
      const before = await read(license.id);
      await erase(customer.id);
      expect(await read(license.id)).toEqual({ ...before, customer_id: null, notes: null, metadata: {} });
      expect(before.devices_used).toBe(1);
      expect((await read(suspended.id)).status).toBe('suspended');
      expect(await validate(license, device)).toBe('VALID');
      expect((await activate(license, machine())).success).toBe(true);
    });

    it('the customer is gone: 404 for every call and a second erasure, as for a stranger’s; the address is free again', async () => {
      const { customer } = await person();
      await erase(customer.id);
      const customerId = customer.id;
      const audited = (await sideEffects(server, vendor)).audit.length;
      for (const answer of [
        await manage(getCustomer, { customerId }),
        await manage(updateCustomer, { customerId, name: 'Back' }),
        await manage(createLicense, { product_id: (await vendor.product()).id, customer_id: customerId }),
        await erase(customerId),
        await erase((await (await createVendor(server)).customer()).id),
      ]) {
        expect([answer.status, answer.error?.code]).toEqual([404, 'RESOURCE_NOT_FOUND']);
      }
      expect((await sideEffects(server, vendor)).audit).toHaveLength(audited + 1);
      expect((await manage<Customer[]>(listCustomers, { email: customer.email })).data).toEqual([]);
      expect((await manage(createCustomer, { email: customer.email })).success).toBe(true);
    });

    it('the audit log says that somebody was erased, by whom and when; its chain holds', async () => {
      const { customer } = await person();
      const { request_id } = await erase(customer.id);
      const { data } = await manage<{ action: string; target_id: string; erased: boolean; after: unknown }[]>(
        listAuditEntries,
        { target_id: customer.id },
      );
      expect(data).toMatchObject([
        { action: 'customer.erased', request_id, erased: false, before: null, after: { licenses_kept: 2 } },
        { action: 'customer.updated', erased: true, before: null, after: null },
        { action: 'customer.created', erased: true, before: null, after: null },
      ]);
      if (database === 'sqlite') {
        const key = loadMasterKey(join(dirname(await sqliteFile()), 'keys', 'master.key'));
        const { audit } = server.platform.uow.read;
        const report = await verifyAuditChain(audit, vendor.account_id, key.derive('audit-chain'));
        expect(report.broken).toBeNull();
      }
    });

    it('events keep their sequence and their facts, without whom they were about; no new one is told', async () => {
      const { customer, license } = await person();
      const of = async () => (await sideEffects(server, vendor)).events;
      const before = await of();
      await erase(customer.id);
      const after = await of();
      expect(after.map(({ type, sequence }) => [type, sequence])).toEqual(
        before.map(({ type, sequence }) => [type, sequence]),
      );
      const told = after.filter(({ license_id }) => license_id === license.id);
      expect(told).toHaveLength(6);
      for (const { body } of told) {
        expect(body['data']).toMatchObject({
          ...{ license_id: license.id, customer_id: null, customer_email: null },
          license: { customer_id: null, notes: null, metadata: {} },
        });
      }
    });

    it('others keep what is theirs', async () => {
      const [gone, stays] = [await person(), await person()];
      const before = await tracesOf(stays.marker);
      await erase(gone.customer.id);
      const inTables = (traces: string[]) =>
        traces.filter((place) => !/^(file|idempotency)/.test(place)).sort();
      expect(inTables(await tracesOf(stays.marker))).toEqual(inTables(before));
      const { data } = await manage<Customer>(getCustomer, { customerId: stays.customer.id });
      expect(data.email).toBe(stays.customer.email);
    });

    it('a person who once had a license that is now somebody else’s leaves no trace in its history', async () => {
      const { marker, customer, license } = await person();
      const heir = await vendor.customer();
      const moved = { licenseId: license.id, customer_id: heir.id, notes: null, metadata: {} };
      expect((await manage(updateLicense, moved)).success).toBe(true);
      await erase(customer.id);
      const traces = await tracesOf(marker);
      expect(traces.filter((place) => place.startsWith('customers') || place.startsWith('licenses'))).toEqual(
        [],
      );
      const events = await db()('events').where({ license_id: license.id }).pluck('body');
      expect(events.join('')).not.toContain(`${marker}@example.com`);
    });
  });

  it('finds the person also in events of changes that share its commit', async () => {
    const vendor = await createVendor(server);
    const marker = unique('MARKER-shared');
    const { id: product_id } = await vendor.product();
    const customer = await vendor.customer({ email: `${marker}@example.com` });
    const admin = { authorization: `Bearer ${vendor.admin}`, 'content-type': 'application/json' };
    const create = (n: number) =>
      fetch(`${server.baseUrl}/api/v1/licenses`, {
        method: 'POST',
        headers: admin,
        body: JSON.stringify({
          product_id,
          customer_id: customer.id,
          notes: `${marker} ${n}`,
        }),
      });
    const before = Array.from({ length: 12 }, (_, n) => create(n));
    const erase = () =>
      fetch(`${server.baseUrl}/api/v1/customers/${customer.id}`, {
        method: 'DELETE',
        headers: { authorization: admin.authorization },
      });
    const erasure = erase();
    const after = Array.from({ length: 12 }, (_, n) => create(n));
    const statuses = (await Promise.all([...before, ...after])).map(({ status }) => status);
    expect(statuses).toContain(201);
    expect(statuses.filter((status) => ![201, 404, 409].includes(status))).toEqual([]);
    // Where rows are locked one by one, it may have met a license that was just being made, and says so.
    expect([200, 409]).toContain((await erasure).status);
    if ((await erasure).status === 409) expect((await erase()).status).toBe(200);
    expect(await tracesOf(marker)).toEqual([]);
  });

  if (database === 'postgres') {
    it('while a machine is being activated, the erasure takes the name of that machine too', async () => {
      const vendor = await createVendor(server);
      const customer = await vendor.customer();
      const license = await vendor.license({ customer_id: customer.id, device_limit: 5 });
      const { uow, newId, clock } = server.platform;
      const marker = unique('MARKER-race');
      const now = clock.now();
      let erasure: Promise<Response> | undefined;
      await uow.runInternal(async (tx) => {
        const row = await tx.licenses.findForUpdate(vendor.account_id, license.id);
        if (!row) throw new Error('The license is gone.');
        await tx.licenses.takeSeat(row);
        await tx.devices.insert({
          ...{ id: newId('device', now), account_id: vendor.account_id, license_id: license.id, seat: 1 },
          ...{ fingerprint: unique('machine'), components: {}, reenrolled_at: [], name: marker },
          ...{ platform: null, arch: null, os_version: null, app_version: null, environment: null },
          ...{ activated_at: now, deactivated_at: null, last_seen_at: now, seat_expires_at: null },
          ...{ lease_sequence: 0, lease: null },
        });
        erasure = fetch(`${server.baseUrl}/api/v1/customers/${customer.id}`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${vendor.admin}` },
        });
        // It waits for our lock on the license.
        await expect
          .poll(
            async () => {
              const { rows } = await db().raw(
                "select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
              );
              return Number(rows[0].n);
            },
            { timeout: 5_000, interval: 20 },
          )
          .toBeGreaterThan(0);
      });
      expect((await erasure)?.status).toBe(200);
      expect(await tracesOf(marker)).toEqual([]);
    });
  }
});
