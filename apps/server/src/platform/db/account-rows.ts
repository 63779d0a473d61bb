import type { Knex } from 'knex';
import { fromTimestamp } from '../clock.ts';
import { between } from './columns.ts';
import type { PageRequest } from './paging.ts';

/** So many rows are read and sorted for a page without anybody noticing. */
const fewMax = 1_000;

/** A time between two bounds, both exclusive and as they came over the wire. */
export interface TimeWindow {
  readonly column: string;
  readonly after: string | undefined;
  readonly before: string | undefined;
  /** Does the list have the order of this very column? */
  readonly isOrder: boolean;
}

/** An account's rows of one table under filters, for a list that shows a page of them in some order. */
export interface AccountRows {
  /** Complete once {@link begin} has said where to find the rows. */
  readonly query: Knex.QueryBuilder;
  /**
   * Ids of all rows that can pass a filter that has no index together with the order; see {@link fewIds}. The filter
   * itself is still to be said.
   */
  among(...branches: Knex.QueryBuilder[]): void;
  inWindow(window: TimeWindow): void;
  /**
   * Decides where the query begins. No index serves every filter in every order, and the wrong choice reads the whole
   * account: where a filter leaves few rows, they are read by their ids and sorted; where it leaves many, enough of
   * them are met soon on a walk through the account in the order asked for. A bounded look tells which.
   *
   * @param isNarrow another filter leaves few rows by nature, and has an index in every order.
   */
  begin(isNarrow?: boolean): Promise<void>;
}

export function accountRows(
  db: Knex,
  table: string,
  account_id: string,
  { sort, cursor }: PageRequest,
): AccountRows {
  const query = db(table);
  const sets: Knex.QueryBuilder[][] = [];
  const ofAccount = () => db(table).where({ account_id });

  return {
    query,
    among: (...branches) => sets.push(branches),
    inWindow({ column, isOrder, after, before }) {
      if (after === undefined && before === undefined) return;
      if (isOrder) {
        // A cursor lies within the bound behind it. Told both, SQLite begins at the bound and reads earlier pages again.
        const isBehind = (descending: boolean) => cursor !== undefined && sort.startsWith('-') === descending;
        between(query, column, isBehind(false) ? undefined : after, isBehind(true) ? undefined : before);
        return;
      }
      sets.push([ofAccount().select('id').modify(between, column, after, before).orderBy(column)]);
      // The plus keeps its index out: SQLite, without statistics, would sort all that lies in the window.
      const unindexed = db.raw(isPostgres(db) ? '??' : '+??', [column]);
      if (after !== undefined) query.where(unindexed, '>', fromTimestamp(after));
      if (before !== undefined) query.where(unindexed, '<', fromTimestamp(before));
    },
    async begin(isNarrow = false) {
      for (const set of isNarrow ? [] : sets) {
        const ids = await fewIds(db, set);
        // By their ids alone: the account named once more would lead along all of it after all.
        if (ids) return void query.whereIn(`${table}.id`, ids);
      }
      query.where(`${table}.account_id`, account_id);
    },
  };
}

/**
 * The ids that any of the queries gives, or null when they are more than a few. Looks at no more than tells, if an index
 * serves each query in its order.
 */
export async function fewIds(db: Knex, branches: readonly Knex.QueryBuilder[]): Promise<string[] | null> {
  const [first, ...others] = branches.map((ids) => db(ids.limit(fewMax + 1).as('found')).select('id'));
  const found: { id: string }[] = (await first?.unionAll(others).limit(fewMax + 1)) ?? [];
  return found.length > fewMax ? null : [...new Set(found.map(({ id }) => id))];
}

const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';
