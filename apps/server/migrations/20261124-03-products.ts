import type { Knex } from 'knex';
import { sortedText } from '../src/platform/db/columns.ts';

export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('products', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('name').notNullable();
    table.specificType('name_folded', sortedText(db)).notNullable();
    table.text('code');
    table.text('description');
    table.text('status').notNullable();
    table.text('license_defaults').notNullable();
    table.text('metadata').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.integer('version').notNullable();
    table.unique(['account_id', 'code'], { indexName: 'products_code' });
    table.index(['account_id', 'created_at', 'id'], 'products_by_created_at');
    table.index(['account_id', 'name_folded', 'id'], 'products_by_name');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('products');
}
