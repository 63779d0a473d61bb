import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { pagesOf, type Row } from './pages.ts';
import type { Table } from './schema.ts';

/** How many rows a table holds, and a checksum of them. */
export interface Digest {
  readonly rows: number;
  readonly checksum: string;
}

const modulus = 2n ** 256n;

/** One text for one row, whichever database it comes from. */
export const canonical = ({ columns }: Table, row: Row): string =>
  JSON.stringify(columns.map((column) => row[column]));

/**
 * The sum of the SHA-256 of all rows, modulo 2^256. A sum, because the two databases do not sort texts alike: each reads in
 * the order of its own index, and neither has to sort.
 */
export async function digestOf(
  db: Knex,
  table: Table,
  onRows: (count: number) => void = () => {},
): Promise<Digest> {
  let rows = 0;
  let sum = 0n;
  for await (const page of pagesOf(db, { table, split: null })) {
    for (const row of page) sum += BigInt(`0x${hash('sha256', canonical(table, row))}`);
    sum %= modulus;
    rows += page.length;
    onRows(page.length);
  }
  return { rows, checksum: sum.toString(16).padStart(64, '0') };
}
