import {
  type Customer,
  type License,
  listApiKeys,
  listCustomers,
  listDevices,
  listLicenses,
  listProducts,
  type ProcedureContract,
  type Product,
  pathParameters,
  removeDevice,
} from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { secondMs, toTimestamp } from '../../src/platform/clock.ts';
import { createVendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { type Input, type Item, readAll, type Stock, stock } from '../support/lists.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let given: Stock;
    const pathOf = (contract: ProcedureContract): Input =>
      Object.fromEntries(
        pathParameters(contract.path).map((name) => [
          name,
          name === 'customerId' ? given.customer.id : given.license.id,
        ]),
      );
    const list = (contract: ProcedureContract, input: Input = {}, key = given.owner.admin) =>
      door.call<Item[]>(contract, { ...pathOf(contract), ...input }, { key });
    beforeAll(async () => {
      given = await stock(server, door);
    });

    it('items that come and go between pages neither repeat nor hide the others', async () => {
      const owner = await createVendor(server);
      const made: Product[] = [];
      for (let n = 0; n < 6; n++) {
        server.clock.advance(secondMs);
        made.push(await owner.product());
      }
      const deletable = made[1] as Product;
      const items = await readAll(
        door,
        listProducts as unknown as ProcedureContract,
        { limit: 2 },
        {
          key: owner.admin,
          between: async (page) => {
            server.clock.advance(secondMs);
            await owner.product();
            if (page === 1) await server.platform.database('products').where({ id: deletable.id }).delete();
          },
        },
      );
      const expected = made.filter(({ id }) => id !== deletable.id).map(({ id }) => id);
      expect(items.map(({ id }) => id)).toEqual(expected.reverse());
    });

    it('the item that a cursor points at may be gone', async () => {
      const owner = await createVendor(server);
      for (let n = 0; n < 3; n++) await owner.product({ name: `P${n}` });
      const first = await door.call<Product[]>(
        listProducts,
        { limit: 1, sort: 'name' },
        { key: owner.admin },
      );
      await server.platform.database('products').where({ id: first.data[0]?.id }).delete();
      const cursor = first.pagination?.next_cursor;
      const next = await door.call<Product[]>(
        listProducts,
        { limit: 5, sort: 'name', cursor },
        { key: owner.admin },
      );
      expect(next.data.map(({ name }) => name)).toEqual(['P1', 'P2']);
    });

    it('licenses that never expire come last when rising, first when falling', async () => {
      const ends = async (sort: string) =>
        (await door.call<License[]>(listLicenses, { sort, limit: 100 }, { key: given.owner.admin })).data.map(
          ({ expires_at }) => expires_at === null,
        );
      const rising = await ends('expires_at');
      expect(rising.filter((never) => never).length).toBeGreaterThan(2);
      expect(rising).toEqual([...rising].sort());
      expect(await ends('-expires_at')).toEqual([...rising].reverse());
    });

    it('both bounds of a time range are exclusive', async () => {
      const owner = await createVendor(server);
      const times: string[] = [];
      for (let n = 0; n < 3; n++) {
        server.clock.advance(secondMs);
        times.push((await owner.customer()).created_at);
      }
      const found = async (range: Input) =>
        (
          await door.call<Customer[]>(listCustomers, { sort: 'created_at', ...range }, { key: owner.admin })
        ).data.map(({ created_at }) => times.indexOf(created_at));
      expect(await found({ created_after: times[0], created_before: times[2] })).toEqual([1]);
      expect(await found({ created_after: times[0] })).toEqual([1, 2]);
      expect(await found({ created_before: times[2] })).toEqual([0, 1]);
      expect(await found({ created_after: times[2], created_before: times[0] })).toEqual([]);
      // The same moment as a clock elsewhere shows it.
      const elsewhere = `${new Date(Date.parse(times[0] as string) + 2 * 3_600_000).toISOString().slice(0, -1)}+02:00`;
      expect(await found({ created_after: elsewhere })).toEqual([1, 2]);
    });

    it('an expiry range finds no license that never expires', async () => {
      const input = { expires_after: toTimestamp(0), limit: 100 };
      const { data } = await door.call<License[]>(listLicenses, input, { key: given.owner.admin });
      expect(data.length).toBeGreaterThan(0);
      expect(data.filter(({ expires_at }) => expires_at === null)).toEqual([]);
    });

    it('filters and pages go together', async () => {
      const devices = (input: Input) => list(listDevices as unknown as ProcedureContract, input);
      const [gone] = (await devices({ limit: 1 })).data;
      const input = { licenseId: given.license.id, deviceId: gone?.id };
      await door.call(removeDevice, input, { key: given.owner.admin });
      const active = await readAll(
        door,
        listDevices as unknown as ProcedureContract,
        { licenseId: given.license.id, status: 'active', limit: 2 },
        { key: given.owner.admin },
      );
      expect(active).toHaveLength(6);
      expect((await devices({ status: 'deactivated' })).data.map(({ id }) => id)).toEqual([gone?.id]);
      const keys = await list(listApiKeys as unknown as ProcedureContract, { type: 'admin' });
      expect(keys.data).toHaveLength(1);
    });
  });
});
