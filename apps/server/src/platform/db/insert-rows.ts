import type { SqlRunner } from './dialect/dialect.ts';

/**
 * Rows that one statement may insert: many, to make its fixed price small; few sizes, so that each is a constant text that
 * is prepared once. The largest stays below both databases' limits on values.
 */
const statementSizes = [256, 64, 16, 4, 1] as const;

/** Inserts many rows of one shape with few statements. */
export async function insertRows<Row extends object>(
  sql: SqlRunner,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first) as (keyof Row & string)[];
  const row = `(${columns.map(() => '?').join(', ')})`;
  let start = 0;
  for (const size of statementSizes) {
    if (rows.length - start < size) continue;
    const insert = `insert into ${table} (${columns.join(', ')}) values ${Array(size).fill(row).join(', ')}`;
    for (; rows.length - start >= size; start += size) {
      await sql(insert, valuesOf(rows.slice(start, start + size), columns));
    }
  }
}

function valuesOf<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row)[],
): (string | number | null)[] {
  const values: (string | number | null)[] = [];
  for (const row of rows) for (const column of columns) values.push(row[column] as string | number | null);
  return values;
}
