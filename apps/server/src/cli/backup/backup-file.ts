import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Knex } from 'knex';
import type { dataPaths, PlatformCore } from '../../core.ts';
import type { Dialect } from '../../platform/db/dialect/dialect.ts';
import { sqliteDialect } from '../../platform/db/dialect/sqlite.ts';
import { CliError, ExitCode } from '../support/cli.ts';

/** Holds the key files inside a backup: a copy of the database without them could not be used. */
export const keysTable = 'backup_keys';
type Paths = ReturnType<typeof dataPaths>;

/**
 * Writes database and keys of one moment into a new file, readable by its owner only. The file gets its name when it is
 * complete and checked; an existing one is never overwritten.
 */
export async function writeBackup(
  { dialect, connections }: Pick<PlatformCore, 'dialect' | 'connections'>,
  paths: Paths,
  file: string,
): Promise<void> {
  const { copyTo } = dialect;
  if (!copyTo)
    throw new CliError(
      ExitCode.usage,
      'This installation is on PostgreSQL: back it up with pg_dump, and copy the folder keys beside the dump.',
    );
  refuseExisting(file);
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    await copyTo(connections.read, draft);
    await withFile(draft, async (copy) => {
      await copy.schema.createTable(keysTable, (table) => {
        table.text('name').primary();
        table.text('content').notNullable();
      });
      await copy(keysTable).insert([
        { name: 'master.key', content: readFileSync(paths.masterKey, 'utf8') },
        { name: 'root.key', content: readFileSync(paths.rootKey, 'utf8') },
      ]);
    });
    await withFile(draft, (copy) => refuseDamage(dialect, copy, 'The copy'));
    chmodSync(draft, 0o600);
    flush(draft);
    // A link, not a rename: it fails when somebody else has made the file meanwhile.
    linkSync(draft, file);
    flush(dirname(file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') refuseExisting(file);
    throw error;
  } finally {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(draft + ending, { force: true });
  }
}

/** Opens a SQLite file for the time of `work`. Afterwards all is in that one file, and no `-wal` beside it. */
export async function withFile<Result>(file: string, work: (db: Knex) => Promise<Result>): Promise<Result> {
  const connections = sqliteDialect(file).connect();
  try {
    const result = await work(connections.write);
    await connections.write.raw('PRAGMA wal_checkpoint(TRUNCATE)');
    return result;
  } finally {
    await connections.close();
  }
}

/** @throws {CliError} when the file's own structure is broken. */
export async function refuseDamage(dialect: Dialect, db: Knex, what: string): Promise<void> {
  const damage = await dialect.findDamage(db);
  if (damage.length > 0)
    throw new CliError(ExitCode.environment, `${what} is damaged: ${damage.slice(0, 3).join('; ')}`);
}

/** Makes what was written to a file or folder survive a power cut. */
export function flush(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function refuseExisting(file: string): void {
  if (existsSync(file))
    throw new CliError(ExitCode.problem, `${file} exists already; give the backup another name.`);
}
