import type { Knex } from 'knex';

/**
 * Chains audit entries. Those that are there already are from before the chain: they are taken out of it by starting
 * the count anew, and stay readable with negative numbers.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('account_counters', (table) => {
    table.bigInteger('audit').notNullable().defaultTo(0);
    table.text('audit_hash').notNullable().defaultTo('');
  });
  await db.schema.alterTable('audit_entries', (table) => {
    table.bigInteger('sequence').notNullable().defaultTo(0);
    table.text('salt');
    table.text('content_hash').notNullable().defaultTo('');
    table.text('hash').notNullable().defaultTo('');
  });
  const old = await db('audit_entries').orderBy(['created_at', 'id']).select('id');
  for (const [index, { id }] of old.entries()) {
    await db('audit_entries')
      .where({ id })
      .update({ sequence: index - old.length, salt: '' });
  }
  await db.schema.alterTable('audit_entries', (table) => {
    table.unique(['account_id', 'sequence'], { indexName: 'audit_entries_sequence' });
    table.index(['account_id', 'action', 'sequence'], 'audit_entries_by_action');
    table.index(['account_id', 'actor_id', 'sequence'], 'audit_entries_by_actor');
    table.index(['account_id', 'target_id', 'sequence'], 'audit_entries_by_target_sequence');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('audit_entries', (table) => {
    table.dropIndex([], 'audit_entries_by_target_sequence');
    table.dropIndex([], 'audit_entries_by_actor');
    table.dropIndex([], 'audit_entries_by_action');
    table.dropUnique([], 'audit_entries_sequence');
    table.dropColumns('sequence', 'salt', 'content_hash', 'hash');
  });
  await db.schema.alterTable('account_counters', (table) => {
    table.dropColumns('audit', 'audit_hash');
  });
}
