import type { Knex } from 'knex';
import { conflict } from '../app-error.ts';
import type { Clock } from '../clock.ts';
import type { IdempotencyStore } from '../idempotency.ts';
import { jobsTag } from '../jobs/job-queue.ts';
import type { RequestContext } from '../request-context.ts';
import type { Connections, Dialect } from './dialect/dialect.ts';
import type { LateWrites } from './late-writes.ts';

/**
 * The only way to repositories. `run` is one transaction: all of it or nothing. Its repositories are bound to
 * that transaction, so nobody can write beside it by mistake.
 */
export interface UnitOfWork<Repositories> {
  /**
   * Runs `work` in a write transaction and commits. What `work` returns is the answer of the operation: under an
   * idempotency key it is stored in the same transaction, so that a change and its answer stand or fall together.
   */
  run<Result>(request: RequestContext, work: (tx: Repositories) => Promise<Result>): Promise<Result>;
  /** A write transaction outside any request: seeding, keys, sweeps. */
  runInternal<Result>(work: (tx: Repositories) => Promise<Result>): Promise<Result>;
  /** After an erasure: removes what deleted rows left behind in the database's files, where the database can. */
  scrub(): Promise<void>;
  /** Repositories for reading what is committed. Never write through them. */
  readonly read: Repositories;
  /**
   * The same for reads that may lag behind what is committed: lists, exports, the audit log. Never for what decides a seat
   * or money.
   */
  readonly lagging: Repositories;
}

/** What a transaction gives its repositories beside the connection. */
export interface TransactionTools {
  /** Collects what the transaction changes. */
  readonly touch: (tag: string) => void;
  readonly late: LateWrites;
}

/** Makes repositories on a transaction, or on a connection for reading (null). */
export type BindRepositories<Repositories> = (db: Knex, tools: TransactionTools | null) => Repositories;

export function createUnitOfWork<Repositories>(options: {
  connections: Connections;
  dialect: Dialect;
  clock: Clock;
  idempotency: IdempotencyStore;
  /** Told what a transaction changed, after its commit and before its caller hears of it. */
  onCommit: (touched: ReadonlySet<string>) => void;
  bind: BindRepositories<Repositories>;
}): UnitOfWork<Repositories> {
  const { connections, dialect, clock, idempotency, onCommit, bind } = options;

  const transact = async <Result>(
    work: (tx: Repositories, trx: Knex) => Promise<Result>,
  ): Promise<Result> => {
    const touched = new Set<string>();
    const result = await connections.transaction(async (trx, late) => {
      const done = await work(bind(trx, { touch: (tag) => touched.add(tag), late }), trx);
      const told = new Set([...touched].filter((tag) => tag !== jobsTag));
      if (told.size > 0) await dialect.announceChanges?.(trx, told, clock.now());
      return done;
    });
    // After the commit and before anybody hears of it: nobody who knows of a change can read what was before it.
    if (touched.size > 0) onCommit(touched);
    return result;
  };

  const read = bind(connections.read, null);
  const boundTo = new Map([[connections.read, read]]);
  return {
    read,
    get lagging() {
      const db = connections.lagging();
      const bound = boundTo.get(db) ?? bind(db, null);
      boundTo.set(db, bound);
      return bound;
    },
    scrub: () => dialect.scrub(connections.write),
    runInternal: (work) => transact(work),
    async run(request, work) {
      try {
        return await transact(async (tx, trx) => {
          const result = await work(tx);
          if (request.idempotency) await idempotency.storeAnswer(trx, request, { result });
          return result;
        });
      } catch (error) {
        if (request.idempotency) request.idempotency.stored = false;
        throw explain(error);
      }
    },
  };

  // Use cases look before they write, to say exactly what is in the way. Where two requests looked at the same
  // moment, the unique index decides, and the one that lost is told to look again.
  function explain(error: unknown): unknown {
    const unique = dialect.uniqueViolation(error);
    const lostRace =
      unique === null ? dialect.isForeignKeyViolation(error) : !unique.includes('idempotency_keys');
    if (!lostRace) return error;
    return conflict(
      'concurrent_change',
      'Another request changed the same thing at the same time; read it again.',
    );
  }
}
