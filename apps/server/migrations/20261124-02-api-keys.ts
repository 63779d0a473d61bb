import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('api_keys', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('name').notNullable();
    table.text('type').notNullable();
    // SHA-256 of the key. The key has 190 random bits, so nothing slower is needed.
    table.text('key_hash').notNullable().unique({ indexName: 'api_keys_key_hash' });
    table.text('last_four').notNullable();
    table.text('product_ids');
    table.bigInteger('expires_at');
    table.bigInteger('revoked_at');
    table.bigInteger('last_used_at');
    table.bigInteger('created_at').notNullable();
    table.index(['account_id', 'created_at', 'id'], 'api_keys_by_created_at');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('api_keys');
}
