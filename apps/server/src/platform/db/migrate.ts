import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';

const migrationsDir = join(import.meta.dirname, '../../../migrations');

/** Brings the database to the newest layout. Safe to call at every start; several processes take turns. */
export async function migrate(db: Knex): Promise<void> {
  await db.migrate.latest({ migrationSource });
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
