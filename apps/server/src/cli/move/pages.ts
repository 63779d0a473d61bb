import type { Knex } from 'knex';
import type { Part } from './tables.ts';

export type Row = Readonly<Record<string, string | number | null>>;
/** The primary key of a row. */
export type Key = readonly (string | number)[];

/** Rows of a page: few enough for memory, also where a row holds a whole answer. */
const pageRows = 1_000;

export const keyOf = ({ table }: Pick<Part, 'table'>, row: Row): Key =>
  table.key.map((column) => row[column] as string | number);

/**
 * All rows in the order that the database's own index on the key has, page by page. The next page is read while the one
 * before is worked on.
 *
 * @param after begins behind this key.
 */
export async function* pagesOf(
  db: Knex,
  part: Pick<Part, 'table' | 'split'>,
  after: Key | null = null,
): AsyncGenerator<Row[], void> {
  let next = readPage(db, part, after);
  for (;;) {
    const rows = await next;
    const last = rows.at(-1);
    if (!last) return;
    if (rows.length < pageRows) {
      yield rows;
      return;
    }
    next = readPage(db, part, keyOf(part, last));
    // Whoever stops before it is awaited does not hear of it.
    next.catch(() => {});
    yield rows;
  }
}

async function readPage(
  db: Knex,
  { table, split }: Pick<Part, 'table' | 'split'>,
  after: Key | null,
): Promise<Row[]> {
  const query = db(table.name)
    .select(...table.columns)
    .orderBy([...table.key])
    .limit(pageRows);
  if (split) split.isNull ? query.whereNull(split.column) : query.whereNotNull(split.column);
  if (after) {
    const names = table.key.map(() => '??').join(', ');
    const values = table.key.map(() => '?').join(', ');
    query.whereRaw(`(${names}) > (${values})`, [...table.key, ...after]);
  }
  return query;
}
