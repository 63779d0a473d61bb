import {
  contract as contracts,
  isPageSchema,
  type ProcedureContract,
  pathParameters,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { dayMs } from '../../src/platform/clock.ts';
import { iso } from '../support/app.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { type ManyRows, seedManyRows } from '../support/many-rows.ts';
import {
  type PlanContext,
  type PlanFault,
  planJudge,
  type Statement,
  selectsOf,
} from '../support/query-plans.ts';
import { useServer } from '../support/test-server.ts';

type Shape = Record<string, { def: { innerType?: { options?: string[] } } }>;

const lists = contracts.filter(({ method, output }) => method === 'GET' && isPageSchema(output));
const shapeOf = ({ input }: ProcedureContract) => (input as unknown as { shape: Shape }).shape;
const sortsOf = (contract: ProcedureContract) => shapeOf(contract)['sort']?.def.innerType?.options ?? [];
const filtersOf = (contract: ProcedureContract) => {
  const others = ['limit', 'cursor', 'sort', ...pathParameters(contract.path)];
  return Object.keys(shapeOf(contract)).filter((field) => !others.includes(field));
};

const otherOrder =
  'A time window in the order of something else: an index serves one of the two. A window of few rows is sorted; of one with many, enough are met on the walk.';
const bySequence = `The order is that of the sequence. ${otherOrder}`;
const manyFound = 'A search that finds many: enough of them are met on the walk.';
const fewProducts = 'A vendor has tens of products.';

/**
 * Where a plan may walk past rows that do not match as long as it fills its page, or sort more than a few rows: operation,
 * filter (with its value, where it is about that one), and order. Nothing may scan a table.
 */
const allowed: readonly [operation: string, filter: string, order: string, reason: string][] = [
  ['products.list', 'created_after', 'name', otherOrder],
  ['products.list', 'created_before', 'name', otherOrder],
  ['products.list', 'status', 'created_at', fewProducts],
  ['products.list', 'status', 'name', fewProducts],
  ['customers.list', 'created_after', 'email', otherOrder],
  ['customers.list', 'created_before', 'email', otherOrder],
  ['customers.list', 'q', 'created_at', manyFound],
  ['customers.list', 'q', 'email', manyFound],
  ['licenses.list', 'created_after', 'expires_at', otherOrder],
  ['licenses.list', 'created_before', 'expires_at', otherOrder],
  ['licenses.list', 'expires_after', 'created_at', otherOrder],
  ['licenses.list', 'expires_before', 'created_at', otherOrder],
  ['licenses.list', 'q', 'created_at', manyFound],
  ['licenses.list', 'q', 'expires_at', manyFound],
  ['licenses.list', 'status=expired', 'created_at', otherOrder],
  ['licenses.list', 'status=active', 'created_at', 'Most licenses are active.'],
  [
    'licenses.list',
    'status=active',
    'expires_at',
    'Most licenses are active; grace has no order of its own.',
  ],
  ['licenses.devices.list', 'status=active', 'created_at', 'As many as the license has seats.'],
  ['events.list', 'created_after', 'created_at', bySequence],
  ['events.list', 'created_before', 'created_at', bySequence],
  ['audit.list', 'created_after', 'created_at', bySequence],
  ['audit.list', 'created_before', 'created_at', bySequence],
];

/** Values for every filter that is no enumeration: each matches something, and where it matters few and many. */
function valuesOf({ count, license, idOf, createdAt }: ManyRows): Record<string, string[]> {
  const now = createdAt(count);
  const [start, middle] = [createdAt(1), createdAt(count / 2)];
  const person = ['customer10000000', 'company', idOf('cus', 1), idOf('cus', 2)];
  return {
    created_after: [middle, createdAt(count - 100)].map(iso),
    created_before: [middle, createdAt(100)].map(iso),
    expires_after: [now, now + 325 * dayMs].map(iso),
    expires_before: [now, start + 35 * dayMs].map(iso),
    product_id: [idOf('prd', 1)],
    customer_id: [idOf('cus', 1), idOf('cus', 2)],
    customer_email: ['customer100000001@example.com', 'Customer100000002@example.com'],
    email: ['Customer100000001@example.com'],
    key: [license.key],
    code: ['code100000001'],
    license_id: [idOf('lic', 1)],
    endpoint_id: [idOf('whe', 1)],
    event_id: [idOf('evt', 1)],
    action: ['license.created'],
    actor_id: [idOf('key', 1)],
    target_id: [idOf('lic', 1)],
    'customers.list q': person,
    'licenses.list q': [...person, idOf('lic', 1), license.key, '1234'],
  };
}

/** A page that was read, and the statements that it took. */
interface ReadPage extends PlanContext {
  readonly name: string;
  /** A walk that fills no page has gone on to the end of the account: that is never allowed. */
  readonly isFull: boolean;
  readonly reasons: readonly string[];
  readonly statements: readonly Statement[];
}

eachDatabase((database) => {
  const server = useServer(database);
  const door = restDoor(() => server.baseUrl);
  let crowds: ManyRows[];
  const pages: ReadPage[] = [];
  const used = new Set<string>();

  const gatherStatistics = () =>
    server.platform.database.raw(database === 'sqlite' ? 'analyze' : 'vacuum analyze');

  beforeAll(async () => {
    // One that owns most rows of each table, one of middling size, and one among many.
    crowds = [];
    for (const count of [20_000, 8_000, 1_000]) crowds.push(await seedManyRows(server, count));
    if (database === 'postgres') await gatherStatistics();
  }, 120_000);

  /** Reads a list, and what comes after the first page if there is more. */
  async function readPages(
    contract: ProcedureContract,
    crowd: ManyRows,
    { sort, filter, value }: { sort: string; filter?: string; value?: string },
  ): Promise<ReadPage[]> {
    const ids: Record<string, string> = { licenseId: crowd.license.id, customerId: crowd.idOf('cus', 1) };
    const path = Object.fromEntries(
      pathParameters(contract.path).map((name) => {
        const id = ids[name];
        if (!id) throw new Error(`${contract.name}: the test knows no ${name} that has a list.`);
        return [name, id];
      }),
    );
    const limit = 100;
    const input = { ...path, limit, sort, ...(filter && { [filter]: value }) };
    const order = sort.replace('-', '');
    const reasons = allowed.filter(
      ([operation, what, by]) =>
        operation === contract.name && by === order && (what === filter || what === `${filter}=${value}`),
    );
    const found: ReadPage[] = [];
    let cursor: string | null = null;
    let isFull = false;
    for (const hasCursor of [false, true]) {
      const statements = await selectsOf(server.platform.database, async () => {
        const { error, data, pagination } = await door.call<unknown[]>(
          contract,
          { ...input, ...(cursor && { cursor }) },
          { key: crowd.vendor.read_only },
        );
        expect(error).toBeUndefined();
        expect(data.length, `${contract.name} finds nothing by ${filter} ${value}`).toBeGreaterThan(0);
        if (!filter) expect(pagination?.has_more, `${contract.name} has too few rows`).toBe(true);
        cursor = pagination?.next_cursor ?? null;
        isFull = data.length === limit;
      });
      expect(
        statements.filter(({ sql }) => /order by .* limit/.test(sql)),
        `${contract.name} read its page past this test`,
      ).not.toEqual([]);
      const name = `${contract.name} of ${crowd.count} by ${sort}${filter ? `, ${filter} ${value}` : ''}${hasCursor ? ', next page' : ''}`;
      found.push({
        name,
        isFull,
        hasFilter: filter !== undefined,
        hasCursor,
        reasons: reasons.map((reason) => reason.join(' ')),
        statements,
      });
      if (!cursor) break;
    }
    return found;
  }

  /** What is wrong with the plans of pages, beside what is allowed. */
  async function faultsOf(tried: readonly ReadPage[]): Promise<string[]> {
    const judge = planJudge(database, server.platform.database);
    const faults: string[] = [];
    for (const page of tried) {
      const found: PlanFault[] = [];
      for (const statement of page.statements) found.push(...(await judge(statement, page)));
      for (const { kind, what } of found) {
        const isAllowed = page.reasons.length > 0 && (kind === 'sort' || (kind === 'walk' && page.isFull));
        if (!isAllowed) faults.push(`${page.name}: ${kind}: ${what}`);
        for (const reason of isAllowed ? page.reasons : []) used.add(reason);
      }
    }
    return faults;
  }

  describe.each(lists.map((contract) => [contract.name, contract] as const))('%s', (_name, contract) => {
    it('reads no more of a large table than a page needs, whatever the filter and the order', async () => {
      const sorts = sortsOf(contract);
      expect(sorts.length).toBeGreaterThan(0);
      const faults: string[] = [];
      // How much of a table is one account's changes PostgreSQL's mind, and nobody else's.
      for (const crowd of crowds.slice(0, database === 'postgres' ? 2 : 1)) {
        const known = valuesOf(crowd);
        for (const sort of sorts) {
          const tried = await readPages(contract, crowd, { sort });
          for (const filter of filtersOf(contract)) {
            const values =
              shapeOf(contract)[filter]?.def.innerType?.options ??
              known[`${contract.name} ${filter}`] ??
              known[filter];
            if (!values) {
              throw new Error(
                `${contract.name}: the test knows no value of the filter ${filter} that finds something.`,
              );
            }
            for (const value of values) {
              tried.push(...(await readPages(contract, crowd, { sort, filter, value })));
            }
          }
          faults.push(...(await faultsOf(tried)));
          pages.push(...tried);
        }
      }
      expect(faults).toEqual([]);
    });
  });

  if (database === 'sqlite') {
    it('holds as well once an operator has had the database analyzed', async () => {
      await gatherStatistics();
      expect(await faultsOf(pages)).toEqual([]);
    });

    it('needs every exception that is allowed', () => {
      const exceptions = allowed.map((exception) => exception.join(' '));
      expect(exceptions.filter((exception) => !used.has(exception))).toEqual([]);
    });
  }
});
