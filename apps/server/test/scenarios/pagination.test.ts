import {
  contract as contracts,
  listCustomerLicenses,
  listDevices,
  listLicenses,
  type ProcedureContract,
  pathParameters,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { type Input, type Item, readAll, type Stock, stock } from '../support/lists.ts';
import { useServer } from '../support/test-server.ts';

const isSorted = (values: (string | number)[], descending: boolean): boolean =>
  values.every((value, n) => {
    const before = values[n - 1];
    return before === undefined || (descending ? before >= value : before <= value);
  });

/** What a list sorts by: text without regard to case; a time that is absent counts as the latest. */
const sortValue = (item: Item, field: string): string => {
  const value = item[field] ?? item['activated_at'];
  if (field === 'expires_at') return (item[field] as string | null) ?? '~';
  return String(value).toLowerCase();
};

const lists = contracts.filter(({ input }) => 'cursor' in ((input as { shape?: object }).shape ?? {}));
const sortsOf = (contract: ProcedureContract): string[] => {
  const { shape } = contract.input as unknown as {
    shape: { sort: { def: { innerType: { options: string[] } } } };
  };
  return shape.sort.def.innerType.options;
};

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

    describe.each(lists.map((contract) => [contract.name, contract] as const))('%s', (_name, contract) => {
      it.each(sortsOf(contract))(
        'gives each item once, ordered by %s, whatever the page size',
        async (sort) => {
          const whole = (await list(contract, { limit: 100, sort })).data;
          expect(whole.length).toBeGreaterThanOrEqual(7);
          const field = sort.replace('-', '');
          const values = whole.map((item) => sortValue(item, field));
          expect(isSorted(values, sort.startsWith('-')), values.join(' ')).toBe(true);
          for (const limit of [1, 3]) {
            const input = { ...pathOf(contract), limit, sort };
            const paged = await readAll(door, contract, input, { key: given.owner.read_only });
            expect(paged.map(({ id }) => id)).toEqual(whole.map(({ id }) => id));
          }
        },
      );

      it('falls and rises in exactly opposite orders', async () => {
        for (const field of sortsOf(contract).filter((sort) => !sort.startsWith('-'))) {
          const rising = (await list(contract, { limit: 100, sort: field })).data;
          const falling = (await list(contract, { limit: 100, sort: `-${field}` })).data;
          expect(falling.map(({ id }) => id).reverse()).toEqual(rising.map(({ id }) => id));
        }
      });

      it('shows the newest 20 when nothing is said', async () => {
        const { data, pagination } = await list(contract);
        expect(pagination?.limit).toBe(20);
        expect(data.map(({ id }) => id)).toEqual(
          (await list(contract, { limit: 100, sort: '-created_at' })).data.map(({ id }) => id).slice(0, 20),
        );
      });

      it('says exactly whether there is more', async () => {
        const { length } = (await list(contract, { limit: 100 })).data;
        for (const [limit, has_more] of [
          [length - 1, true],
          [length, false],
          [length + 1, false],
        ] as const) {
          expect((await list(contract, { limit })).pagination).toMatchObject({ limit, has_more });
        }
      });

      it.each([0, -1, 101, 1.5, 1e9])('refuses a limit of %d', async (limit) => {
        const answer = await list(contract, { limit });
        expect(answer.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'limit' }] });
      });

      it.each(['created', 'id', '--created_at', '-', 'created_at,id', 'CREATED_AT'])(
        'refuses to sort by %s',
        async (sort) => {
          const answer = await list(contract, { sort });
          expect(answer.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'sort' }] });
        },
      );

      it('refuses a cursor with any character changed, and one that is not ours', async () => {
        const cursor = (await list(contract, { limit: 1 })).pagination?.next_cursor ?? '';
        const dot = cursor.indexOf('.');
        const changed = [0, 3, dot - 1, dot + 1, dot + 10].map(
          (at) => cursor.slice(0, at) + (cursor[at] === 'A' ? 'B' : 'A') + cursor.slice(at + 1),
        );
        const foreign = [
          '',
          '.',
          'x',
          'a.b',
          `${cursor}x`,
          cursor.slice(0, -1),
          cursor.slice(0, dot + 1),
          `${cursor}.x`,
        ];
        for (const tampered of [...changed, ...foreign]) {
          const answer = await list(contract, { limit: 1, cursor: tampered });
          expect(answer.error, tampered).toMatchObject({
            code: 'VALIDATION_ERROR',
            details: [{ path: 'cursor' }],
          });
        }
      });

      it('refuses a cursor of another order; another page size is fine', async () => {
        const cursor = (await list(contract, { limit: 1 })).pagination?.next_cursor;
        const other = await list(contract, { limit: 1, sort: 'created_at', cursor });
        expect(other.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'cursor' }] });
        const wider = await list(contract, { limit: 50, cursor });
        expect(wider.data).toHaveLength((await list(contract, { limit: 50 })).data.length - 1);
      });
    });

    it('a cursor serves neither another list nor another account', async () => {
      const pages = await Promise.all(
        lists.map(async (contract) => {
          const { pagination } = await list(contract, { limit: 1 });
          return { contract, cursor: pagination?.next_cursor };
        }),
      );
      // A customer's licenses are the license list under a filter, so one cursor may serve both or not.
      const same = new Set<string>([listLicenses.name, listCustomerLicenses.name]);
      for (const { contract, cursor } of pages) {
        for (const other of lists) {
          if (other === contract || (same.has(other.name) && same.has(contract.name))) continue;
          expect((await list(other, { limit: 1, cursor })).status, `${contract.name} → ${other.name}`).toBe(
            400,
          );
        }
      }
      const stranger = await createVendor(server);
      for (const { contract, cursor } of pages.filter(({ contract: { path } }) => !path.includes(':'))) {
        expect((await list(contract, { limit: 1, cursor }, stranger.admin)).status, contract.name).toBe(400);
      }
    });

    it('a cursor of one license’s devices does not serve another’s', async () => {
      const other = await given.owner.license();
      const cursor = (await list(listDevices as unknown as ProcedureContract, { limit: 1 })).pagination
        ?.next_cursor;
      const input = { licenseId: other.id, limit: 1, cursor };
      const answer = await door.call(listDevices, input, { key: given.owner.admin });
      expect(answer.status).toBe(400);
    });
  });
});
