import {
  contract as contracts,
  type EventType,
  errorCatalogue,
  eventBody,
  eventCatalogue,
  type ProcedureContract,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { appOf, iso, observe } from '../support/app.ts';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';
import { refusedByContract, workingInputs } from '../support/working-inputs.ts';

/** What each operation leaves behind when it succeeds. Left out: nothing. */
const traces: Record<string, { audit?: string; events?: EventType[] }> = {
  'products.create': { audit: 'product.created' },
  'products.update': { audit: 'product.updated' },
  'products.delete': { audit: 'product.deleted' },
  'customers.create': { audit: 'customer.created' },
  'customers.update': { audit: 'customer.updated' },
  'licenses.create': { audit: 'license.created', events: ['license.created'] },
  'customers.erase': { audit: 'customer.erased' },
  'licenses.createMany': { audit: 'license.created', events: ['license.created'] },
  'licenses.suspend': { audit: 'license.suspended' },
  'licenses.renew': { audit: 'license.renewed' },
  'licenses.rotateKey': { audit: 'license.key_rotated' },
  'apiKeys.rotate': { audit: 'api_key.rotated' },
  'licenses.get': { audit: 'license.key_revealed' },
  'licenses.update': { audit: 'license.updated' },
  'licenses.revoke': { audit: 'license.revoked', events: ['license.revoked'] },
  'licenses.devices.deactivate': { audit: 'device.deactivated', events: ['license.deactivated'] },
  // The device that is replaced frees its seat first.
  'licenses.issueFile': {
    audit: 'device.file_issued',
    events: ['license.deactivated', 'license.activated'],
  },
  'activations.activate': { events: ['license.deactivated', 'license.activated'] },
  'activations.deactivate': { events: ['license.deactivated'] },
  'activations.trial': { events: ['license.created', 'license.activated'] },
  'apiKeys.create': { audit: 'api_key.created' },
  'apiKeys.revoke': { audit: 'api_key.revoked' },
  'billing.paymentMethods.delete': { audit: 'payment_method.deleted' },
  'webhooks.endpoints.create': { audit: 'webhook_endpoint.created' },
  'webhooks.endpoints.update': { audit: 'webhook_endpoint.updated' },
  'webhooks.endpoints.delete': { audit: 'webhook_endpoint.deleted' },
  'webhooks.endpoints.rotateSecret': { audit: 'webhook_endpoint.secret_rotated' },
  'webhooks.endpoints.recover': { audit: 'webhook_endpoint.recovered' },
  'webhooks.deliveries.redeliver': { audit: 'webhook_delivery.redelivered' },
};

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let inputs: Record<string, Record<string, unknown>>;
    beforeAll(async () => {
      vendor = await createVendor(server);
      inputs = await workingInputs(server, vendor);
      server.clock.advance(5000);
    });
    const auditRows = () =>
      server.platform.database('audit_entries').where({ account_id: vendor.account_id });
    const call = (contract: ProcedureContract, input: Record<string, unknown> | undefined) =>
      door.call(contract, input, { key: vendor.admin });

    // In the order of the contract; validate comes before deactivate, so that its device is there.
    it.each(contracts.map((contract) => [contract.name, contract] as const))(
      '%s leaves exactly its audit row and its events, and none when it is refused',
      async (name, contract) => {
        const { audit: action, events: types = [] } = traces[name] ?? {};
        const { answer, audit, eventTypes } = await observe(server, vendor, () =>
          call(contract, inputs[name]),
        );
        expect(answer.error?.code).toBe(refusedByContract.includes(name) ? 'CONFLICT' : undefined);
        expect(eventTypes).toEqual(types);
        expect(audit.map((row) => row.action)).toEqual(action ? [action] : []);

        // What an erasure leaves behind names the target and how much was kept, and nobody.
        if (action && action !== 'customer.erased') {
          const row = await auditRows().where({ request_id: answer.request_id }).first();
          const { id } = await server.platform
            .database('api_keys')
            .where({ account_id: vendor.account_id, type: 'admin' })
            .first('id');
          expect(row).toMatchObject({
            created_at: server.clock.now(),
            actor_id: id,
            actor_type: 'admin_key',
            address: '127.0.0.1',
            action,
          });
          expect(row.id).toMatch(/^aud_/);
          const [before, after] = [row.before, row.after].map((text) => (text ? JSON.parse(text) : null));
          const isNew = /(created|revealed|issued|recovered)$/.test(action);
          const isGone = action.endsWith('deleted') || action.endsWith('revealed');
          expect([before === null, after === null]).toEqual([isNew, isGone]);
          for (const view of [before, after].filter((one) => one !== null))
            expect(view.id).toBe(row.target_id);
        }

        const rows = await allRows(server);
        const refused = await call(contract, { ...inputs[name], no_such_field: 1 });
        expect([refused.status, refused.error?.code]).toEqual([400, 'VALIDATION_ERROR']);
        expect(await allRows(server)).toEqual(rows);
      },
    );

    it('no call of a key that may not make it leaves a trace', async () => {
      const rows = await allRows(server);
      for (const contract of contracts.filter(({ keys }) => !keys.includes('channel'))) {
        const { status } = await door.call(contract, inputs[contract.name], { key: vendor.channel });
        expect(status).toBe(errorCatalogue.PERMISSION_DENIED.status);
      }
      expect(await allRows(server)).toEqual(rows);
    });

    it('no audit row and no event holds a secret', async () => {
      const license = await vendor.license();
      const channel = await vendor.channelKey();
      const device = machine();
      const { data } = await appOf(door, () => channel).activate({ license_key: license.key, device });
      const { audit_entries: audit, events } = await allRows(server);
      const text = JSON.stringify([audit, events]);
      for (const secret of [license.key, channel, vendor.admin, vendor.channel, data.lease.token]) {
        expect(text).not.toContain(secret);
      }
      expect(text).not.toMatch(/\btt_(admin|read|chan)_/);
      expect(text).not.toMatch(/\b([0-9A-HJKMNP-TV-Z]{5}-){5}[0-9A-HJKMNP-TV-Z]{2}\b/);
      expect(text).not.toMatch(/"(key_hash|key_sealed|private_key_sealed|components|lease)\\*":/);
    });

    it('the audit row names the request by the id that its caller gave', async () => {
      const headers = { 'x-request-id': 'Support-case-4711' };
      const create = contracts.find(({ name }) => name === 'products.create') as ProcedureContract;
      await door.call(create, { name: 'x' }, { key: vendor.admin, headers });
      expect(await auditRows().where({ request_id: 'Support-case-4711' })).toHaveLength(1);
    });

    describe('events', () => {
      it('have the shape of the catalogue, exactly, and a sequence without a gap', async () => {
        const customer = await vendor.customer();
        const license = await vendor.license({ customer_id: customer.id, metadata: { order: 'A-1' } });
        const device = machine(undefined, { name: 'Laptop' });
        const app = appOf(door, () => vendor.channel);
        await app.activate({ license_key: license.key, device });
        await app.deactivate({ license_key: license.key, device });
        const rows = await server.platform
          .database('events')
          .where({ account_id: vendor.account_id })
          .orderBy('sequence');
        const seen = new Set<string>();
        for (const [index, row] of rows.entries()) {
          const body = JSON.parse(row.body);
          // Parsing drops what the schema does not know: equal means that nothing more was sent.
          expect(eventBody(row.type as EventType).parse(body)).toEqual(body);
          expect(Object.keys(eventCatalogue)).toContain(row.type);
          expect(body).toMatchObject({
            id: row.id,
            type: row.type,
            account_id: vendor.account_id,
            sequence: index + 1,
            created_at: iso(row.created_at),
            data: { license_id: row.license_id },
          });
          seen.add(row.type);
        }
        expect([...seen].sort()).toEqual([
          'license.activated',
          'license.created',
          'license.deactivated',
          'license.revoked',
        ]);
        const last = rows.slice(-3).map(({ body }) => JSON.parse(body).data);
        expect(last.map(({ customer_email }) => customer_email)).toEqual(Array(3).fill(customer.email));
      });

      it('keep their sequence when ten changes happen at once', async () => {
        const { product_id } = await vendor.license();
        const create = contracts.find(({ name }) => name === 'licenses.create') as ProcedureContract;
        const { eventTypes } = await observe(server, vendor, async () => {
          const made = Array.from({ length: 10 }, () => call(create, { product_id, notes: unique('n') }));
          const answers = await Promise.all(made);
          expect(answers.every(({ success }) => success)).toBe(true);
          return answers[0] as never;
        });
        expect(eventTypes).toEqual(Array(10).fill('license.created'));
      });

      it('of one account do not count those of another', async () => {
        const other = await createVendor(server);
        await other.license();
        const [row] = await server.platform.database('events').where({ account_id: other.account_id });
        expect(row.sequence).toBe(1);
      });
    });
  });
});
