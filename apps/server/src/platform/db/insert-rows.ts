import type { SqlRunner } from './dialect/dialect.ts';

/** Rows of one statement: enough to make its fixed price small, few enough for both databases' limits on values. */
const rowsPerStatement = 250;

/** Inserts many rows of one shape with few statements, each of them a constant text that is prepared once. */
export async function insertRows<Row extends object>(
  sql: SqlRunner,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  const [first] = rows;
  if (!first) return;
  const columns = Object.keys(first) as (keyof Row & string)[];
  const row = `(${columns.map(() => '?').join(', ')})`;
  const insertOf = (count: number) =>
    `insert into ${table} (${columns.join(', ')}) values ${Array(count).fill(row).join(', ')}`;

  const whole = rows.length - (rows.length % rowsPerStatement);
  const many = whole > 0 ? insertOf(rowsPerStatement) : '';
  for (let start = 0; start < whole; start += rowsPerStatement) {
    await sql(many, valuesOf(rows.slice(start, start + rowsPerStatement), columns));
  }
  for (const rest of rows.slice(whole)) await sql(insertOf(1), valuesOf([rest], columns));
}

function valuesOf<Row extends object>(
  rows: readonly Row[],
  columns: readonly (keyof Row)[],
): (string | number | null)[] {
  const values: (string | number | null)[] = [];
  for (const row of rows) for (const column of columns) values.push(row[column] as string | number | null);
  return values;
}
