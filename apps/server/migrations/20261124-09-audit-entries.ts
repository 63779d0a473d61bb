import type { Knex } from 'knex';

/** Who changed what, from where, before and after. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('audit_entries', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.bigInteger('created_at').notNullable();
    table.text('actor_id').notNullable();
    table.text('actor_type').notNullable();
    table.text('address').notNullable();
    table.text('request_id').notNullable();
    table.text('action').notNullable();
    table.text('target_id').notNullable();
    table.text('before');
    table.text('after');
    table.index(['account_id', 'created_at', 'id'], 'audit_entries_by_created_at');
    table.index(['account_id', 'target_id', 'created_at'], 'audit_entries_by_target');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('audit_entries');
}
