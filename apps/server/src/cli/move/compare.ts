import { isDeepStrictEqual } from 'node:util';
import type { Knex } from 'knex';
import type { PlatformCore } from '../../core.ts';
import { brokenPromises } from '../doctor/promises.ts';
import { canonical, type Digest, digestOf } from './digest.ts';
import { keyOf, pagesOf, type Row } from './pages.ts';
import {
  type ChainStanding,
  chainOf,
  type InvoiceSum,
  invoiceSums,
  type Seats,
  seatsOf,
} from './promises.ts';
import type { Table } from './schema.ts';

/** What a look at both sides found. */
export interface Comparison {
  /** As the target has them. */
  readonly tables: readonly (Digest & { readonly table: string })[];
  readonly seats: Seats;
  readonly invoices: readonly InvoiceSum[];
  readonly chains: readonly ChainStanding[];
  /** Every difference, and every promise that the target breaks, in a sentence. */
  readonly problems: readonly string[];
}

export type Sides = readonly [source: PlatformCore, target: PlatformCore];

/** Compares all rows of both sides, and looks whether the target keeps what rows must keep. */
export async function compareSides(
  sides: Sides,
  tables: readonly Table[],
  onRows: (count: number) => void,
): Promise<Comparison> {
  const [source, target] = [sides[0].connections.read, sides[1].connections.read];
  const problems: string[] = [];
  const digests: Comparison['tables'][number][] = [];
  for (const table of tables) {
    const [before, after] = await Promise.all([
      digestOf(source, table, onRows),
      digestOf(target, table, onRows),
    ]);
    digests.push({ table: table.name, ...after });
    if (before.rows !== after.rows)
      problems.push(`${table.name} has ${before.rows} rows in the source and ${after.rows} in the target`);
    if (before.checksum !== after.checksum)
      problems.push(`${table.name} differs${await whichDiffers(source, target, table)}`);
  }

  const [seatsBefore, seats] = await Promise.all([seatsOf(source), seatsOf(target)]);
  if (!isDeepStrictEqual(seatsBefore, seats))
    problems.push(`${said(seatsBefore)} in the source, and ${said(seats)} in the target`);
  if (seats.taken !== seats.active_devices) problems.push(`in the target ${said(seats)}`);
  const [sumsBefore, invoices] = await Promise.all([invoiceSums(source), invoiceSums(target)]);
  if (!isDeepStrictEqual(sumsBefore, invoices)) problems.push('the sums of the invoices differ');

  const chains: ChainStanding[] = [];
  for (const { id } of await sides[1].uow.read.accounts.list()) {
    const chain = await chainOf(sides[1], id);
    chains.push(chain);
    // One that somebody broke long ago cannot be mended, and is no fault of the move.
    if (chain.broken && !isDeepStrictEqual(await chainOf(sides[0], id), chain))
      problems.push(`the audit chain of ${id} is broken at ${chain.broken}`);
  }
  problems.push(...(await brokenPromises(target)));
  return { tables: digests, seats, invoices, chains, problems };
}

const said = ({ taken, active_devices }: Seats): string =>
  `${taken} seats are taken by ${active_devices} devices`;

/** The first row of the source that is not the same in the target, in words. */
async function whichDiffers(source: Knex, target: Knex, table: Table): Promise<string> {
  for await (const page of pagesOf(source, { table, split: null })) {
    const keys = page.map((row) => keyOf({ table }, row));
    const [only = '', ...others] = table.key;
    const query = target(table.name).select(...table.columns);
    const twins: Row[] = await (others.length === 0
      ? query.whereIn(only, keys.flat())
      : query.whereIn(
          [only, ...others],
          keys.map((key) => [...key]),
        ));
    const texts = new Set(twins.map((row) => canonical(table, row)));
    const row = page.find((candidate) => !texts.has(canonical(table, candidate)));
    if (row) return `, first in the row ${keyOf({ table }, row).join(' ')}`;
  }
  return '';
}
