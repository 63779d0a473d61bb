import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import knex, { type Knex } from 'knex';
import SqliteClient from 'knex/lib/dialects/sqlite3/index.js';
import type { Dialect } from './dialect.ts';
import { groupCommit } from './sqlite-group-commit.ts';
import { preparedStatements } from './sqlite-statements.ts';

/**
 * SQLite in one file, one process.
 *
 * Writers and readers have a connection each: in WAL mode a reader never waits for the writer. The writing pool
 * holds one connection, so transactions of this process queue up in memory instead of failing with BUSY.
 */
export function sqliteDialect(path: string): Dialect {
  return {
    name: 'sqlite',
    connect() {
      createPrivateFile(path);
      const write = open(path);
      const read = open(path);
      return {
        write,
        read,
        lagging: () => read,
        transaction: groupCommit(write),
        close: async () => {
          await read.destroy();
          await write.destroy();
        },
      };
    },
    async claim() {
      // A file of its own: the database itself stays open to backup and command line tools. The system frees the
      // lock when the process is gone, so no stale lock file can stand in the way of the next start.
      const lock = knex({
        client: ImmediateSqliteClient,
        connection: { filename: `${path}.lock` },
        useNullAsDefault: true,
        pool: { min: 1, max: 1 },
      });
      try {
        await lock.raw('PRAGMA locking_mode = EXCLUSIVE');
        await lock.raw('BEGIN EXCLUSIVE');
      } catch (error) {
        await lock.destroy();
        throw error;
      }
      return () => lock.destroy();
    },
    async isClaimed() {
      // A look, not a claim of our own: that could get in the way of a server that is just starting.
      if (!existsSync(`${path}.lock`)) return false;
      const lock = knex({
        client: SqliteClient,
        connection: { filename: `${path}.lock` },
        useNullAsDefault: true,
        pool: { min: 1, max: 1 },
      });
      try {
        await lock.raw('PRAGMA busy_timeout = 0');
        await lock.raw('select count(*) from sqlite_master');
        return false;
      } catch (error) {
        if ((error as { code?: string }).code === 'SQLITE_BUSY') return true;
        throw error;
      } finally {
        await lock.destroy();
      }
    },
    async findDamage(db) {
      const rows: { quick_check: string }[] = await db.raw('PRAGMA quick_check(10)');
      return rows.map((row) => row.quick_check).filter((line) => line !== 'ok');
    },
    copyTo: async (db, file) => {
      await db.raw('VACUUM INTO ?', [file]);
    },
    // claim() has seen to it that there is no other.
    oneAtATime: (_connections, work) => work(),
    sqlRunner: preparedStatements,
    async prepareForBulk(db) {
      // What a transaction changes stays in memory until it commits. With the usual 2 MB most pages are written, read
      // and written again, and the savepoint keeps what they were before in a file of its own.
      await db.raw('PRAGMA cache_size = -65536');
      await db.raw('PRAGMA temp_store = MEMORY');
    },
    announceChanges: null,
    changesSince: null,
    forgetChanges: async () => {},
    async foreignWrites(db) {
      // Asked on the writing connection, this counts what every other process has committed, and nothing of ours.
      const [row] = await db.raw('PRAGMA data_version');
      return row.data_version;
    },
    forUpdate: '',
    skipLocked: '',
    lockRow: (query) => query,
    async scrub(db) {
      // secure_delete has overwritten the rows; the write-ahead log still holds their pages.
      await db.raw('PRAGMA wal_checkpoint(TRUNCATE)');
    },
    uniqueViolation(error) {
      const message = sqliteMessage(error);
      return message?.match(/UNIQUE constraint failed: (.+)$/)?.[1] ?? null;
    },
    isForeignKeyViolation: (error) =>
      sqliteMessage(error)?.includes('FOREIGN KEY constraint failed') ?? false,
    explainFailure(error) {
      switch ((error as { code?: string }).code) {
        case 'SQLITE_BUSY':
        case 'SQLITE_LOCKED':
          return `The database ${path} is in use by another process; stop that one first, or give this one another DATA_DIR.`;
        case 'SQLITE_CANTOPEN':
        case 'EACCES':
        case 'EROFS':
          return `The database ${path} cannot be opened; check that the folder is writable.`;
        case 'SQLITE_NOTADB':
          return `The file ${path} is not a SQLite database.`;
        default:
          return null;
      }
    },
  };
}

// Knex begins transactions deferred: two of them could both read, then one would fail on its first write.
// IMMEDIATE takes the write lock first and waits for it (busy_timeout).
class ImmediateSqliteClient extends SqliteClient {
  override _query(connection: unknown, query: { sql: string }): Promise<unknown> {
    return super._query(connection, query.sql === 'BEGIN;' ? { ...query, sql: 'BEGIN IMMEDIATE;' } : query);
  }
}

function open(path: string): Knex {
  return knex({
    client: ImmediateSqliteClient,
    // Errors say the statement, never the values: those are personal data and keys, and errors are logged.
    compileSqlOnError: false,
    connection: { filename: path },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (
        connection: RawConnection,
        done: (error: Error | null, connection: RawConnection) => void,
      ) => {
        // FULL: an answered change survives a power cut, not only a crash of this process.
        connection.exec(
          'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;',
          (error) => done(error, connection),
        );
      },
    },
  });
}

interface RawConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

/** License data is the vendor's alone: the file is readable by its owner only. */
function createPrivateFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
}

function sqliteMessage(error: unknown): string | null {
  const { code, message } = error as { code?: string; message?: string };
  return code === 'SQLITE_CONSTRAINT' ? (message ?? null) : null;
}
