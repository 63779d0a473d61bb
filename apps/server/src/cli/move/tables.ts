import type { Table } from './schema.ts';

/** The tables that an installation consists of. A test compares both lists with what the migrations make. */
export const movedTables = [
  ...['accounts', 'account_counters', 'api_keys', 'products', 'customers', 'licenses', 'devices'],
  ...['trial_anchors', 'events', 'audit_entries', 'idempotency_keys', 'signing_keys', 'jobs'],
  ...['webhook_endpoints', 'webhook_deliveries', 'webhook_attempts', 'subscriptions', 'plan_contracts'],
  ...['billing_profiles', 'payment_methods', 'invoice_series', 'invoices', 'payments', 'usage_snapshots'],
];

/** Tables that stay, and why. */
export const leftTables: Readonly<Record<string, string>> = {
  knex_migrations: 'the target is migrated by itself',
  knex_migrations_lock: 'the target is migrated by itself',
  cache_changes: 'tells running servers what to forget, and none runs',
  rate_counters: 'counts the last minutes of running servers',
  move_progress: 'the move itself',
};

/** Rows of a table that can be written one after the other, in the order of their keys. */
export interface Part {
  readonly name: string;
  readonly table: Table;
  /** A column whose rows are kept apart: those where it is null, or those where it is not. */
  readonly split: { readonly column: string; readonly isNull: boolean } | null;
}

/**
 * What to copy, in an order in which every row finds what it points at. Of a table that points at itself, such as
 * invoices with their credit notes, the rows that point nowhere come first.
 *
 * @throws {Error} when tables point at each other in a circle.
 */
export function partsInOrder(tables: readonly Table[]): Part[] {
  const placed = new Set<string>();
  const parts: Part[] = [];
  const isReady = ({ name, references }: Table) =>
    !placed.has(name) && references.every(({ table }) => table === name || placed.has(table));
  while (placed.size < tables.length) {
    const table = tables.find(isReady);
    if (!table) throw new Error('Some tables point at each other in a circle: they have no first one.');
    placed.add(table.name);
    parts.push(...partsOf(table));
  }
  return parts;
}

function partsOf(table: Table): Part[] {
  const own = table.references.find((reference) => reference.table === table.name);
  if (!own) return [{ name: table.name, table, split: null }];
  return [
    { name: table.name, table, split: { column: own.column, isNull: true } },
    { name: `${table.name} that point at others`, table, split: { column: own.column, isNull: false } },
  ];
}
