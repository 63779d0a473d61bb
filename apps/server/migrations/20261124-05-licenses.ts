import type { Knex } from 'knex';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('licenses', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    // RESTRICT: a product cannot vanish under a license that is being created at the same time.
    table.text('product_id').notNullable().references('products.id').onDelete('RESTRICT');
    table.text('customer_id').references('customers.id').onDelete('RESTRICT');
    table.text('key_hash').notNullable();
    table.text('key_sealed').notNullable();
    table.text('key_last_four').notNullable();
    table.text('type').notNullable();
    table.integer('device_limit').notNullable();
    table.integer('devices_used').notNullable();
    table.text('features').notNullable();
    table.text('metadata').notNullable();
    table.text('notes');
    table.bigInteger('starts_at').notNullable();
    table.bigInteger('expires_at');
    // `expires_at`, where "never" is a very late time: nulls sort differently in the two databases.
    table.bigInteger('expires_sort').notNullable();
    // When the license stops working for good: `expires_at` and the days of grace.
    table.bigInteger('ends_at');
    table.integer('duration_days');
    table.text('expiry_basis').notNullable();
    table.integer('grace_days').notNullable();
    table.integer('lease_days').notNullable();
    table.bigInteger('first_activated_at');
    table.bigInteger('suspended_at');
    table.bigInteger('revoked_at');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.integer('version').notNullable();
    table.unique(['account_id', 'key_hash'], { indexName: 'licenses_key' });
    table.index(['account_id', 'created_at', 'id'], 'licenses_by_created_at');
    table.index(['account_id', 'expires_sort', 'id'], 'licenses_by_expires_at');
    table.index(['account_id', 'product_id', 'created_at', 'id'], 'licenses_by_product');
    table.index(['account_id', 'customer_id', 'created_at', 'id'], 'licenses_by_customer');
    table.index(['account_id', 'type', 'created_at', 'id'], 'licenses_by_type');
    table.index(['account_id', 'key_last_four'], 'licenses_by_last_four');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('licenses');
}
