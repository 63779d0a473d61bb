import {
  activateLicense,
  createApiKey,
  createProduct,
  listLicenses,
  listProducts,
  type ProcedureContract,
} from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { jsonType, pathOf, sendBody, sendRaw } from '../support/raw.ts';
import { useServer } from '../support/test-server.ts';

const telltale =
  /\bat .*[(:]|\.ts\b|node_modules|select |insert |update |SQLITE|relation|no such table|stack/i;

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let licenseKey: string;
    const rename = (from: string, to: string) => server.platform.database.schema.renameTable(from, to);
    beforeAll(async () => {
      vendor = await createVendor(server);
      licenseKey = (await vendor.license()).key;
    });

    const send = (
      contract: ProcedureContract,
      input: Record<string, unknown>,
      requestId: string,
      key = vendor.admin,
    ) => {
      const headers = { ...jsonType, 'x-request-id': requestId };
      const isQuery = contract.method === 'GET';
      return isQuery
        ? sendRaw(server, pathOf(door, contract, input), { key, headers })
        : sendBody(server, door, contract, JSON.stringify(input), { key, headers, input });
    };

    it.each([
      ['a list', 'products', listProducts],
      ['a list with filters', 'licenses', listLicenses],
      ['a create', 'products', createProduct],
      ['a create in the middle of its transaction', 'audit_entries', createProduct],
    ])('%s that fails tells the request id and nothing else', async (_name, table, contract) => {
      const requestId = `broken-${door.name}-${table}-${contract.method}`;
      await rename(table, `${table}_away`);
      const input = contract.method === 'GET' ? { limit: 5 } : { name: 'Unlucky' };
      const answer = await send(contract as unknown as ProcedureContract, input, requestId);
      await rename(`${table}_away`, table);

      expect(answer.status).toBe(500);
      expect(answer.error).toEqual({ code: 'INTERNAL_ERROR', message: 'Something went wrong on our side.' });
      expect(answer.text).toContain(requestId);
      expect(answer.text).not.toMatch(telltale);
      const logged = server.logLines
        .map((line) => JSON.parse(line))
        .filter(({ request_id, level }) => request_id === requestId && level >= 50);
      expect(logged).toMatchObject([
        { procedure: contract.name, err: { message: expect.stringContaining(table) } },
      ]);
      const products = await server.platform.database('products').where({ name: 'Unlucky' });
      expect(products).toEqual([]);
    });

    it('an error in the look-up of the key is a 500 too, and no 401', async () => {
      // A key that was never used: one that was is known without a look.
      const key = await vendor.channelKey();
      await rename('api_keys', 'api_keys_away');
      try {
        const answer = await send(listProducts, {}, `broken-${door.name}-keys`, key);
        expect([answer.status, answer.error?.code]).toEqual([500, 'INTERNAL_ERROR']);
        expect(answer.text).not.toMatch(telltale);
      } finally {
        await rename('api_keys_away', 'api_keys');
      }
    });

    it('no key gets into the log, whatever fails', async () => {
      await rename('devices', 'devices_away');
      await rename('licenses', 'licenses_away');
      try {
        const input = { license_key: licenseKey, device: machine() };
        expect((await send(activateLicense, input, 'broken-activate-1')).status).toBe(500);
        expect((await send(listLicenses, { q: licenseKey }, 'broken-search-01')).status).toBe(500);
        expect((await send(listLicenses, { key: licenseKey }, 'broken-search-02')).status).toBe(500);
      } finally {
        await rename('licenses_away', 'licenses');
        await rename('devices_away', 'devices');
      }
      const created = JSON.parse(
        (await send(createApiKey, { name: 'x', type: 'admin' }, 'create-key-01')).text,
      );
      const { key } = created.data ?? created.result.data;
      expect(key).toMatch(/^tt_admin_/);
      await sendRaw(server, pathOf(door, listProducts), { key: `${key}x` });
      for (const secret of [key, vendor.admin, vendor.channel, licenseKey]) {
        expect(server.logLines.filter((line) => line.includes(secret)).length).toBe(0);
      }
    });
  });

  it('a server whose database fails is alive and not ready', async () => {
    await server.platform.database.schema.renameTable('accounts', 'accounts_away');
    try {
      expect((await sendRaw(server, '/healthz')).status).toBe(200);
      expect((await sendRaw(server, '/readyz')).status).toBe(503);
    } finally {
      await server.platform.database.schema.renameTable('accounts_away', 'accounts');
    }
    expect((await sendRaw(server, '/readyz')).status).toBe(200);
  });
});
