import type { Knex } from 'knex';
import type { LateWrites } from '../late-writes.ts';

/**
 * All that differs between the databases. Whatever a repository cannot say in SQL that both understand
 * belongs here, and nothing else does.
 */
export interface Dialect {
  readonly name: 'sqlite' | 'postgres';
  /** Opens connections for writing and for reading. On PostgreSQL both are one pool. */
  connect(): Connections;
  /**
   * Keeps a second server off a database that only one can serve. The claim ends with the returned function, or with
   * this process, however that dies.
   */
  claim(): Promise<() => Promise<void>>;
  /** Does a server hold the claim now? Null where many may serve. */
  isClaimed(): Promise<boolean | null>;
  /** What is wrong with the structure of the database's own files. */
  findDamage(db: Knex): Promise<string[]>;
  /** Writes a consistent copy into a new file while others write; null where the database brings tools for that. */
  readonly copyTo: ((db: Knex, path: string) => Promise<void>) | null;
  /** Runs `work` while no other process runs its own: for what must happen once on a new database. */
  oneAtATime<Result>(connections: Connections, work: () => Promise<Result>): Promise<Result>;
  /** Binds prepared statements to a connection or transaction. */
  sqlRunner(db: Knex): SqlRunner;
  /** Lets a connection take the memory that it needs to write very many rows: for a tool, not for a server. */
  prepareForBulk(db: Knex): Promise<void>;
  /**
   * Tells other processes what a transaction has changed, in that transaction; null where there are none that would have
   * to know at once.
   */
  readonly announceChanges: ((trx: Knex, tags: ReadonlySet<string>, now: number) => Promise<void>) | null;
  /**
   * What was changed since a mark, and the next mark; a change may come more than once and is never left out.
   *
   * @param mark null: from now on.
   */
  readonly changesSince:
    | ((db: Knex, mark: string | null) => Promise<{ mark: string; tags: string[] }>)
    | null;
  /** Removes what all have seen long ago. */
  forgetChanges(db: Knex, before: number): Promise<void>;
  /** A number that changes when another process has written; null where that cannot be told cheaply. */
  foreignWrites(db: Knex): Promise<number | null>;
  /** Adds `FOR UPDATE` where rows are locked one by one. SQLite has one writer at a time anyway. */
  lockRow<T extends Knex.QueryBuilder>(query: T): T;
  /** The same for the end of a prepared select. */
  readonly forUpdate: string;
  /** For the end of a prepared select that takes rows which others may be taking. */
  readonly skipLocked: string;
  /** Removes from the files what deleted rows left there. */
  scrub(db: Knex): Promise<void>;
  /** The violated unique index or constraint (SQLite: `table.column`, …), or null for any other error. */
  uniqueViolation(error: unknown): string | null;
  /** Is a row still pointed at, or does it point at nothing? */
  isForeignKeyViolation(error: unknown): boolean;
  /** One sentence for an operator when the database cannot be opened or is in use, or null. */
  explainFailure(error: unknown): string | null;
}

/** Runs a statement with `?` for each value, prepared once per connection; gives the rows it returns. */
export type SqlRunner = <Row = Record<string, unknown>>(
  sql: string,
  values: readonly (string | number | null)[],
) => Promise<Row[]>;

/** Runs a write transaction: all of `work` or nothing. Resolves when it is durable. */
export type RunTransaction = <Result>(
  work: (trx: Knex, late: LateWrites) => Promise<Result>,
) => Promise<Result>;

export interface Connections {
  readonly write: Knex;
  readonly read: Knex;
  /** For reads that may lag behind: a standby where there is one that answers, else the same as `read`. */
  lagging(): Knex;
  readonly transaction: RunTransaction;
  close(): Promise<void>;
}
