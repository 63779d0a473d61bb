import type { Page } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { invalid } from '../app-error.ts';
import { sameText, sha256Hex, shortSignature } from '../crypto/digest.ts';

/** What a caller asked of a list: page size, order, where to go on, and everything else it filtered by. */
export interface PageRequest {
  limit: number;
  sort: string;
  cursor?: string | undefined;
  [filter: string]: unknown;
}

/** Reads one page of a query. */
export interface Pager {
  /**
   * Pages by (sort column, id): stable when rows are added or removed in between, and served by an index however
   * deep the page. The cursor is signed and bound to account, list, filters and order.
   *
   * @param scope account and list that the cursor belongs to.
   * @param sortColumns which column a sort field stands for, where it is not the one of the same name.
   * @throws {AppError} VALIDATION_ERROR when the cursor was made for another query or is not ours.
   */
  page<Row extends { id: string }, Item>(options: {
    query: Knex.QueryBuilder;
    request: PageRequest;
    scope: string;
    table: string;
    sortColumns?: Readonly<Record<string, string>>;
    toItem: (row: Row) => Item;
  }): Promise<Page<Item>>;
}

/** Sort columns are never null in an index order that both databases agree on: a null sorts as this. */
const nullSortsAs = 253_402_300_800_000; // the first millisecond of the year 10000

export function createPager(signingKey: Uint8Array): Pager {
  return {
    async page({ query, request, scope, table, sortColumns = {}, toItem }) {
      const descending = request.sort.startsWith('-');
      const field = descending ? request.sort.slice(1) : request.sort;
      const direction = descending ? 'desc' : 'asc';
      const purpose = cursorPurpose(scope, request);
      const idColumn = `${table}.id`;
      const column = sortColumns[field] ?? field;
      const sortColumn = `${table}.${column}`;

      const rows: (Record<string, unknown> & { id: string })[] = await query
        .modify((builder) => {
          if (request.cursor === undefined) return;
          const [value, id] = openCursor(signingKey, purpose, request.cursor);
          builder.whereRaw(`(??, ??) ${descending ? '<' : '>'} (?, ?)`, [sortColumn, idColumn, value, id]);
        })
        .orderBy([
          { column: sortColumn, order: direction },
          { column: idColumn, order: direction },
        ])
        .limit(request.limit + 1);

      const shown = rows.slice(0, request.limit);
      const last = rows.length > request.limit ? shown.at(-1) : undefined;
      return {
        items: shown.map((row) => toItem(row as never)),
        pagination: {
          limit: request.limit,
          has_more: last !== undefined,
          next_cursor: last
            ? sealCursor(signingKey, purpose, [last[column] as string | number, last.id])
            : null,
        },
      };
    },
  };
}

/** A nullable time that a list sorts by has a twin column in which "never" is a very late time. */
export const sortableTime = (epochMs: number | null): number => epochMs ?? nullSortsAs;

type Position = [value: string | number, id: string];

function cursorPurpose(scope: string, request: PageRequest): string {
  const { limit: _limit, cursor: _cursor, ...filters } = request;
  const given = Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256Hex(JSON.stringify([scope, given]));
}

function sealCursor(key: Uint8Array, purpose: string, position: Position): string {
  const body = Buffer.from(JSON.stringify(position)).toString('base64url');
  return `${body}.${shortSignature(key, `${purpose}.${body}`)}`;
}

function openCursor(key: Uint8Array, purpose: string, cursor: string): Position {
  const [body = '', signature = ''] = cursor.split('.');
  if (!sameText(signature, shortSignature(key, `${purpose}.${body}`))) {
    throw invalid('cursor', 'belongs to another list, filter or order; start again without a cursor');
  }
  return JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Position;
}
