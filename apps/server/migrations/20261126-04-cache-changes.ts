import type { Knex } from 'knex';

/**
 * What was changed lately, so that other processes drop it from their caches. The transaction is noted with it: numbers
 * alone are given before the commit, and one that commits late would be missed behind a mark.
 */
export async function up(db: Knex): Promise<void> {
  if (db.client.config.client !== 'pg') return;
  await db.raw(`create unlogged table cache_changes (
    transaction_id bigint not null default (pg_current_xact_id()::text::bigint),
    tag text not null,
    created_at bigint not null
  )`);
  await db.raw('create index cache_changes_by_transaction on cache_changes (transaction_id)');
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTableIfExists('cache_changes');
}
