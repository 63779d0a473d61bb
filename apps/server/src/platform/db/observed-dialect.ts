import type { Knex } from 'knex';
import type { TraceRecorder, Tracing } from '../tracing.ts';
import type { Connections, Dialect } from './dialect/dialect.ts';

/** The dialect with a span for each statement and each transaction of observed work; itself where nothing is recorded. */
export function observeDialect(dialect: Dialect, { recorder, apart }: Tracing): Dialect {
  if (recorder === null) return dialect;
  const system = dialect.name === 'sqlite' ? 'sqlite' : 'postgresql';
  return {
    ...dialect,
    connect() {
      const { transaction, ...connections } = observeConnections(dialect.connect(), recorder, system);
      return {
        ...connections,
        // On SQLite several share one commit, made by whoever came first: each is its own caller's all the same, and what is
        // done for all of them is nobody's. The span lasts until the commit, which is most of what a change waits for.
        transaction: (work) =>
          recorder.observeInside('transaction', () => {
            const bound = recorder.bound(work);
            return system === 'sqlite' ? apart(() => transaction(bound)) : transaction(bound);
          }),
      };
    },
    sqlRunner: dialect.name === 'sqlite' ? observePrepared(dialect, recorder, system) : dialect.sqlRunner,
  };
}

function observeConnections(connections: Connections, recorder: TraceRecorder, system: string): Connections {
  const seen = new WeakSet<Knex>();
  const observed = (db: Knex): Knex => {
    if (!seen.has(db)) watchStatements(db, recorder, system);
    seen.add(db);
    return db;
  };
  const { write, read } = connections;
  return {
    ...connections,
    write: observed(write),
    read: observed(read),
    lagging: () => observed(connections.lagging()),
  };
}

/** What knex says of a statement; its connection runs one at a time. */
interface SaidByKnex {
  readonly __knexUid: string;
  readonly sql: string;
}

function watchStatements(db: Knex, recorder: TraceRecorder, system: string): void {
  const running = new Map<string, ReturnType<TraceRecorder['beginStatement']>>();
  const end = ({ __knexUid }: SaidByKnex, error?: unknown) => {
    running.get(__knexUid)?.(error);
    running.delete(__knexUid);
  };
  db.on('query', (statement: SaidByKnex) => {
    const begun = recorder.beginStatement(system, statement.sql);
    if (begun) running.set(statement.__knexUid, begun);
  });
  db.on('query-response', (_rows: unknown, statement: SaidByKnex) => end(statement));
  db.on('query-error', (error: unknown, statement: SaidByKnex) => end(statement, error));
}

/** Statements prepared on SQLite pass knex by. */
const observePrepared =
  (dialect: Dialect, recorder: TraceRecorder, system: string): Dialect['sqlRunner'] =>
  (db) => {
    const run = dialect.sqlRunner(db);
    return async (sql, values) => {
      const end = recorder.beginStatement(system, sql);
      if (!end) return run(sql, values);
      try {
        const rows = await run<never>(sql, values);
        end();
        return rows;
      } catch (error) {
        end(error);
        throw error;
      }
    };
  };
