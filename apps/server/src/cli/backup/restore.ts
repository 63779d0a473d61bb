import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { dataPaths } from '../../core.ts';
import { parseMasterKey } from '../../platform/crypto/master-key.ts';
import { sqliteDialect } from '../../platform/db/dialect/sqlite.ts';
import { migrationState } from '../../platform/db/migrate.ts';
import { CliError, ExitCode } from '../support/cli.ts';
import { flush, keysTable, refuseDamage, withFile } from './backup-file.ts';

/**
 * Puts a backup in the place of an installation. The backup is checked before anything is touched, and what was there is
 * moved aside, never deleted.
 *
 * @returns the folder that holds what was there before; null: nothing was.
 */
export async function restoreBackup(
  config: Config,
  file: string,
  options: { force: boolean; now: number },
): Promise<string | null> {
  if (config.databaseUrl)
    throw new CliError(
      ExitCode.usage,
      'This installation is on PostgreSQL: restore it with pg_restore or psql.',
    );
  if (!existsSync(file)) throw new CliError(ExitCode.usage, `There is no file ${file}.`);
  const paths = dataPaths(config.dataDir);
  const dialect = sqliteDialect(paths.sqlite);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });

  let release: () => Promise<void>;
  try {
    // Held to the end: no server starts on half a restore.
    release = await dialect.claim();
  } catch (error) {
    const inUse = (error as { code?: string }).code === 'SQLITE_BUSY';
    throw inUse
      ? new CliError(ExitCode.environment, `A server runs on ${config.dataDir}; stop it first.`)
      : error;
  }
  const draft = join(config.dataDir, `restoring-${randomBytes(6).toString('hex')}`);
  try {
    mkdirSync(draft, { mode: 0o700 });
    const { database, keys } = await unpack(file, draft);
    const old = [paths.sqlite, `${paths.sqlite}-wal`, `${paths.sqlite}-shm`, paths.keys].filter(existsSync);
    if (old.length > 0 && !options.force)
      throw new CliError(
        ExitCode.problem,
        `${config.dataDir} holds an installation already; --force moves it aside and goes on.`,
      );
    const replaced = old.length > 0 ? moveAside(config.dataDir, old, options.now) : null;
    renameSync(keys, paths.keys);
    renameSync(database, paths.sqlite);
    flush(config.dataDir);
    return replaced;
  } finally {
    rmSync(draft, { recursive: true, force: true });
    await release();
  }
}

async function unpack(file: string, folder: string): Promise<{ database: string; keys: string }> {
  const database = join(folder, 'thrive.sqlite');
  const keys = join(folder, 'keys');
  copyFileSync(file, database);
  mkdirSync(keys, { mode: 0o700 });
  try {
    await withFile(database, async (db) => {
      await refuseDamage(sqliteDialect(database), db, 'The backup');
      if (!(await db.schema.hasTable(keysTable))) throw notABackup(file);
      const { unknown } = await migrationState(db);
      if (unknown.length > 0)
        throw new CliError(
          ExitCode.environment,
          'The backup is of a newer version; restore it with that one.',
        );
      const files: { name: string; content: string }[] = await db(keysTable);
      for (const name of ['master.key', 'root.key']) {
        const content = files.find((entry) => entry.name === name)?.content;
        if (!content) throw notABackup(file);
        if (name === 'master.key') parseMasterKey(content);
        writeFileSync(join(keys, name), content, { mode: 0o600, flush: true });
      }
      await db.schema.dropTable(keysTable);
    });
  } catch (error) {
    if (['SQLITE_NOTADB', 'SQLITE_CORRUPT'].includes((error as { code?: string }).code ?? ''))
      throw notABackup(file);
    throw error;
  }
  flush(database);
  return { database, keys };
}

function moveAside(dataDir: string, old: readonly string[], now: number): string {
  const folder = join(dataDir, `replaced-${new Date(now).toISOString().replaceAll(/[:.]/g, '-')}`);
  mkdirSync(folder, { mode: 0o700 });
  for (const path of old) renameSync(path, join(folder, path.slice(dataDir.length + 1)));
  return folder;
}

const notABackup = (file: string): CliError =>
  new CliError(ExitCode.usage, `${file} is not a backup that \`thrive backup\` made, or it is damaged.`);
