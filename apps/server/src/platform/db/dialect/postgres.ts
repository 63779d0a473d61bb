import knex, { type Knex } from 'knex';
import pg from 'pg';
import { createLateWrites } from '../late-writes.ts';
import type { Dialect } from './dialect.ts';

const uniqueViolationState = '23505';
/** Of a key that restricts, PostgreSQL 18 gives the second. */
const foreignKeyViolationStates = ['23503', '23001'];
/** Higher than any: nothing has happened since. */
const maxTransactionId = '9223372036854775807';
/** Any number, the same in all processes of this product. */
const startLock = 740_317_001;

/**
 * PostgreSQL: the engine for more than one process. Reads and writes share one pool.
 *
 * @param standbyUrl a standby for reads that may lag; while it does not answer, the primary serves them too.
 */
export function postgresDialect(url: string, standbyUrl?: string): Dialect {
  return {
    name: 'postgres',
    connect() {
      const pool = openPool(url);
      const standby = standbyUrl === undefined ? null : watchStandby(openPool(standbyUrl));
      return {
        write: pool,
        read: pool,
        lagging: () => standby?.ifUp() ?? pool,
        transaction: (work) =>
          pool
            .transaction(async (trx) => {
              const late = createLateWrites(trx);
              const result = await work(trx, late);
              await late.settle();
              return { result, late };
            })
            .then(({ result, late }) => {
              late.committed();
              return result;
            }),
        close: async () => {
          await standby?.close();
          await pool.destroy();
        },
      };
    },
    claim: async () => async () => {},
    isClaimed: async () => null,
    // PostgreSQL checks its pages as it reads them, and names what is damaged.
    findDamage: async () => [],
    copyTo: null,
    oneAtATime: ({ write }, work) =>
      write.transaction(async (lock) => {
        // Held by this transaction's connection while the work runs on others, and freed with it, however it ends.
        await lock.raw('select pg_advisory_xact_lock(?)', [startLock]);
        return work();
      }),
    sqlRunner: (db) => async (sql, values) => {
      const { rows } = await db.raw(sql, [...values]);
      return rows;
    },
    prepareForBulk: async () => {},
    async announceChanges(trx, tags, now) {
      await trx('cache_changes').insert([...tags].map((tag) => ({ tag, created_at: now })));
    },
    async changesSince(db, mark) {
      // Whatever lies before the oldest transaction that still runs is committed, and was seen by the look before.
      const { rows } = await db.raw<{ rows: { mark: string; tag: string | null }[] }>(
        `select pg_snapshot_xmin(pg_current_snapshot())::text as mark, changes.tag
         from (select 1) as one left join cache_changes as changes on transaction_id >= ?::bigint`,
        [mark ?? maxTransactionId],
      );
      const tags = rows.flatMap(({ tag }) => (tag === null ? [] : [tag]));
      return { mark: rows[0]?.mark ?? maxTransactionId, tags: [...new Set(tags)] };
    },
    async forgetChanges(db, before) {
      await db('cache_changes').where('created_at', '<', before).delete();
    },
    foreignWrites: async () => null,
    // Weaker than FOR UPDATE on purpose: rows that point here by foreign key do not wait for it, and cannot deadlock with it.
    forUpdate: ' for no key update',
    skipLocked: ' for update skip locked',
    lockRow: (query) => query.forNoKeyUpdate() as typeof query,
    // Dead rows go with the next (auto)vacuum; forcing one here would stall everybody else.
    scrub: async () => {},
    uniqueViolation(error) {
      const { code, constraint } = error as { code?: string; constraint?: string };
      return code === uniqueViolationState ? (constraint ?? '') : null;
    },
    isForeignKeyViolation: (error) =>
      foreignKeyViolationStates.includes((error as { code?: string }).code ?? ''),
    explainFailure(error) {
      const code = (error as { code?: string }).code ?? '';
      if (['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT'].includes(code)) {
        return 'The PostgreSQL server of DATABASE_URL cannot be reached; check address and port.';
      }
      if (['28P01', '28000', '3D000'].includes(code)) {
        return 'PostgreSQL refuses the user, the password or the database name of DATABASE_URL.';
      }
      return null;
    },
  };
}

const openPool = (connectionString: string): Knex =>
  knex({
    client: 'pg',
    // Errors say the statement, never the values: those are personal data and keys, and errors are logged.
    compileSqlOnError: false,
    connection: { connectionString, application_name: 'thrivetech', types: numericBigints },
    pool: { min: 0, max: 10 },
  });

const standbyLookEveryMs = 1_000;

/** Asks a standby every second whether it is there. */
function watchStandby(pool: Knex): { ifUp(): Knex | null; close(): Promise<void> } {
  let isUp = false;
  const look = () =>
    pool
      .raw('select 1')
      .timeout(standbyLookEveryMs)
      .then(
        () => true,
        () => false,
      )
      .then((answers) => {
        isUp = answers;
      });
  void look();
  const timer = setInterval(look, standbyLookEveryMs);
  timer.unref();
  return {
    ifUp: () => (isUp ? pool : null),
    close: async () => {
      clearInterval(timer);
      await pool.destroy();
    },
  };
}

// The driver gives 64-bit integers as text; ours are counts and milliseconds, far below 2^53.
const numericBigints = {
  getTypeParser: (oid: number, format: string) =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text'),
};
