import type { Knex } from 'knex';
import type { Dialect, SqlRunner } from './dialect/dialect.ts';
import type { LateWrites } from './late-writes.ts';
import type { Pager } from './paging.ts';

/** What every repository is made of: a connection or transaction, and the few things that differ by database. */
export interface RepositoryTools {
  readonly db: Knex;
  /** Prepared statements, for the hot path: building a query costs more than running it. */
  readonly sql: SqlRunner;
  readonly lockRow: Dialect['lockRow'];
  /** `for update` in a transaction where rows are locked one by one, else nothing; for prepared statements. */
  readonly forUpdate: string;
  /** ` for update skip locked` where several processes take rows from one table at once; for prepared statements. */
  readonly skipLocked: string;
  readonly pager: Pager;
  /** Says that this transaction changes something that caches may hold. */
  readonly touch: (tag: string) => void;
  readonly late: LateWrites;
}
