import { expect, it } from 'vitest';
import type { Table } from './schema.ts';
import { partsInOrder } from './tables.ts';

const table = (name: string, points: Record<string, string> = {}): Table => ({
  name,
  columns: ['id', ...Object.keys(points)],
  key: ['id'],
  references: Object.entries(points).map(([column, target]) => ({ column, table: target })),
});
const namesOf = (tables: Table[]) => partsInOrder(tables).map(({ table: { name } }) => name);

it('a table comes after all that it points at, however they are named', () => {
  const tables = [table('a', { b: 'b', c: 'c' }), table('b', { c: 'c' }), table('c'), table('d', { a: 'a' })];
  expect(namesOf(tables)).toEqual(['c', 'b', 'a', 'd']);
  expect(namesOf(tables.toReversed())).toEqual(['c', 'b', 'a', 'd']);
});

it('of a table that points at itself, the rows that point at none come first', () => {
  const parts = partsInOrder([table('invoices', { credits: 'invoices' })]);
  expect(parts.map(({ split }) => split)).toEqual([
    { column: 'credits', isNull: true },
    { column: 'credits', isNull: false },
  ]);
  expect(new Set(parts.map(({ name }) => name)).size).toBe(2);
});

it('tables in a circle have no order, and that is said', () => {
  expect(() => partsInOrder([table('a', { b: 'b' }), table('b', { a: 'a' })])).toThrow('circle');
});
