import type { Knex } from 'knex';
import { unfinishedMove } from '../../platform/db/migrate.ts';
import type { Key } from './pages.ts';
import type { Part } from './tables.ts';

/** How far a part is copied. */
export interface PartProgress {
  /** Up to this key; null: nothing yet. */
  readonly after: Key | null;
  readonly rows: number;
  readonly isDone: boolean;
}

const progressTable = 'move_progress';

/** What the target keeps of a move that has not ended; null: there is none. */
export async function readProgress(
  db: Knex,
): Promise<{ source: string; parts: ReadonlyMap<string, PartProgress> } | null> {
  if (!(await db.schema.hasTable(progressTable))) return null;
  const rows: { part: string; source: string; after_key: string | null; copied: number; is_done: number }[] =
    await db(progressTable);
  const parts = rows.map(
    ({ part, after_key, copied, is_done }) =>
      [
        part,
        { after: after_key === null ? null : JSON.parse(after_key), rows: copied, isDone: is_done === 1 },
      ] as const,
  );
  return { source: rows[0]?.source ?? '', parts: new Map(parts) };
}

/** Notes that a move has begun, and from what. From now on no server takes the target. */
export async function beginProgress(db: Knex, source: string, parts: readonly Part[]): Promise<void> {
  await db.transaction(async (trx) => {
    await trx.schema.createTable(progressTable, (table) => {
      table.text('part').primary();
      // What the source was when the move began.
      table.text('source').notNullable();
      table.text('after_key');
      table.bigInteger('copied').notNullable();
      table.integer('is_done').notNullable();
    });
    await trx(progressTable).insert(
      parts.map(({ name }) => ({ part: name, source, after_key: null, copied: 0, is_done: 0 })),
    );
    await trx('knex_migrations').insert({ name: unfinishedMove, batch: 0, migration_time: new Date(0) });
  });
}

/** Notes rows in the transaction that writes them: whenever it is killed, neither counts without the other. */
export async function noteCopied(trx: Knex, { name }: Part, after: Key, count: number): Promise<void> {
  await trx(progressTable)
    .where({ part: name })
    .update({ after_key: JSON.stringify(after) })
    .increment('copied', count);
}

export async function noteDone(db: Knex, { name }: Part): Promise<void> {
  await db(progressTable).where({ part: name }).update({ is_done: 1 });
}

/** The target is whole: nothing is left of the move, and servers may have it. */
export async function endProgress(db: Knex): Promise<void> {
  await db.transaction(async (trx) => {
    await trx('knex_migrations').where({ name: unfinishedMove }).delete();
    await trx.schema.dropTable(progressTable);
  });
}
