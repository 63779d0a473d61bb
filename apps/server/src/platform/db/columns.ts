import type { Knex } from 'knex';
import { fromTimestamp } from '../clock.ts';

/**
 * How values lie in columns, the same in both databases: JSON is text, booleans are 0 and 1, times are epoch
 * milliseconds. Repositories convert with these and nowhere else.
 */
export const toJson = (value: unknown): string => JSON.stringify(value);

export const fromJson = <T>(text: string): T => JSON.parse(text) as T;

export const toJsonOrNull = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));

export const fromJsonOrNull = <T>(text: string | null): T | null =>
  text === null ? null : (JSON.parse(text) as T);

/** Text folded for look-ups without regard to case. Folding can lengthen a text; an index entry must stay short. */
export const foldCase = (text: string): string =>
  text.normalize('NFKC').toLowerCase().replaceAll('ς', 'σ').slice(0, 254).toWellFormed();

export const foldCaseOrNull = (text: string | null): string | null => (text === null ? null : foldCase(text));

/** The end of the range of all texts that begin with `prefix`: an index serves the range, LIKE it would not. */
export const prefixEnd = (prefix: string): string => `${prefix}\u{10FFFD}`;

/** Type of a text column that is sorted or searched by range: by code point in both databases, whatever the locale. */
export const sortedText = (db: Knex): string =>
  db.client.config.client === 'pg' ? 'text collate "C"' : 'text';

/** Keeps rows whose time lies strictly between two times of the wire; a bound that is left out does not count. */
export function between(query: Knex.QueryBuilder, column: string, after?: string, before?: string): void {
  if (after !== undefined) query.where(column, '>', fromTimestamp(after));
  if (before !== undefined) query.where(column, '<', fromTimestamp(before));
}
