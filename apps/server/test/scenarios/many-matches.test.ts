import {
  listAuditEntries,
  listCustomers,
  listEvents,
  listLicenses,
  listProducts,
  type ProcedureContract,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { iso } from '../support/app.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { type Input, readAll } from '../support/lists.ts';
import { type ManyRows, seedManyRows } from '../support/many-rows.ts';
import { useServer } from '../support/test-server.ts';

// biome-ignore lint/suspicious/noExplicitAny: a row of any table
type Row = Record<string, any>;
type Case = [
  what: string,
  contract: unknown,
  table: string,
  column: string,
  input: (crowd: ManyRows) => Input,
  passes: (row: Row, crowd: ManyRows) => boolean,
];

const halfway = ({ createdAt, count }: ManyRows) => createdAt(count / 2);
const after = (crowd: ManyRows) => ({ created_after: iso(halfway(crowd)) });
const isAfter = (row: Row, crowd: ManyRows) => row['created_at'] > halfway(crowd);
const now = ({ createdAt, count }: ManyRows) => createdAt(count);

// Past a thousand rows, a list walks in its order instead of sorting what a filter leaves; it must not show.
const cases: Case[] = [
  ['products made after a time, by name', listProducts, 'products', 'name', after, isAfter],
  ['customers made after a time, by e-mail', listCustomers, 'customers', 'email', after, isAfter],
  ['customers that a search finds', listCustomers, 'customers', 'email', () => ({ q: 'NAME1' }), isCopy],
  ['licenses made after a time, by expiry', listLicenses, 'licenses', 'expires_at', after, isAfter],
  [
    'licenses of all customers that a search finds',
    listLicenses,
    'licenses',
    'created_at',
    () => ({ q: 'company1' }),
    isCopy,
  ],
  [
    'licenses of one customer that a search finds',
    listLicenses,
    'licenses',
    'expires_at',
    ({ idOf }) => ({ q: idOf('cus', 2) }),
    (row, { idOf }) => row['customer_id'] === idOf('cus', 2),
  ],
  [
    'licenses that end after a time, by creation',
    listLicenses,
    'licenses',
    'created_at',
    (crowd) => ({ expires_after: iso(now(crowd) + 60 * dayMs) }),
    (row, crowd) => row['expires_at'] !== null && row['expires_at'] > now(crowd) + 60 * dayMs,
  ],
  [
    'licenses that have expired, by creation',
    listLicenses,
    'licenses',
    'created_at',
    () => ({ status: 'expired' }),
    hasExpired,
  ],
  [
    'licenses that have expired, by expiry',
    listLicenses,
    'licenses',
    'expires_at',
    () => ({ status: 'expired' }),
    hasExpired,
  ],
  ['events after a time', listEvents, 'events', 'created_at', after, isAfter],
  ['audit entries after a time', listAuditEntries, 'audit_entries', 'created_at', after, isAfter],
];

/** What the rows are ordered by in the database, where it is another column. */
const orders: Record<string, string> = {
  'products name': 'name_folded',
  'customers email': 'email_folded',
  'licenses expires_at': 'expires_sort',
  'events created_at': 'sequence',
  'audit_entries created_at': 'sequence',
};

/** Copies have another name and company than what they were copied from. */
function isCopy({ id }: Row): boolean {
  return /_many\d+_/.test(id);
}

function hasExpired(row: Row, crowd: ManyRows): boolean {
  const isBlocked = row['suspended_at'] !== null || row['revoked_at'] !== null;
  return !isBlocked && row['ends_at'] !== null && row['ends_at'] <= now(crowd) + 200 * dayMs;
}

eachDatabase((database) => {
  const server = useServer(database);
  const door = restDoor(() => server.baseUrl);
  let crowd: ManyRows;
  beforeAll(async () => {
    crowd = await seedManyRows(server, 3_600);
    server.clock.advance(200 * dayMs);
  });

  describe('a filter that more than a thousand rows pass gives each of them once, in order', () => {
    it.each(cases)('%s', async (_what, contract, table, order, input, passes) => {
      const { account_id, read_only } = crowd.vendor;
      const column = orders[`${table} ${order}`] ?? order;
      const rows: Row[] = await server.platform.database(table).where({ account_id });
      const expected = rows
        .filter((row) => passes(row, crowd))
        .sort((a, b) => {
          if (a[column] !== b[column]) return a[column] < b[column] ? -1 : 1;
          return a['id'] < b['id'] ? -1 : 1;
        })
        .map(({ id }) => id);
      expect(expected.length).toBeGreaterThan(1_000);
      for (const sort of [order, `-${order}`]) {
        const asked = { ...input(crowd), sort, limit: 100 };
        const items = await readAll(door, contract as ProcedureContract, asked, { key: read_only });
        const ids = items.map(({ id }) => id);
        expect(sort === order ? ids : ids.reverse()).toEqual(expected);
      }
    });
  });
});
