import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';

const migrationsDir = join(import.meta.dirname, '../../../migrations');

/**
 * Stands among the migrations of a database while `thrive move` fills it. No version knows it, so that no server and no
 * tool takes a part for the whole, also after the move was killed.
 */
export const unfinishedMove = 'a-move-into-this-database-has-not-ended';

/**
 * Brings the database to the newest layout. Safe to call at every start; several processes take turns
 * (`Dialect.oneAtATime`).
 *
 * @returns the migrations that it ran; all of them or, when one fails, none.
 */
export async function migrate(db: Knex): Promise<string[]> {
  const [, ran] = await db.migrate.latest({ migrationSource });
  return ran;
}

/** How a database stands to this version, without changing it. */
export async function migrationState(
  db: Knex,
): Promise<{ applied: number; pending: string[]; unknown: string[] }> {
  const known = await migrationSource.getMigrations([]);
  const isNew = !(await db.schema.hasTable('knex_migrations'));
  const applied: string[] = isNew ? [] : await db('knex_migrations').orderBy('id').pluck('name');
  return {
    applied: applied.length,
    pending: known.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => !known.includes(name)),
  };
}

const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: async () =>
    readdirSync(migrationsDir)
      .filter((file) => file.endsWith('.ts'))
      .sort(),
  getMigrationName: (file) => file,
  getMigration: (file) => import(join(migrationsDir, file)),
};
