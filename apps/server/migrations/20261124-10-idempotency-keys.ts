import type { Knex } from 'knex';

/** First answers, encrypted, kept for a day. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('idempotency_keys', (table) => {
    table.text('account_id').notNullable().references('accounts.id');
    table.text('key').notNullable();
    table.text('procedure').notNullable();
    table.text('request_hash').notNullable();
    table.text('answer_sealed').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('expires_at').notNullable();
    table.primary(['account_id', 'key']);
    table.index(['expires_at'], 'idempotency_keys_by_expires_at');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('idempotency_keys');
}
