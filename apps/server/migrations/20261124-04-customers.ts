import type { Knex } from 'knex';
import { sortedText } from '../src/platform/db/columns.ts';

/** The folded twins of e-mail, name and company serve look-ups without regard to case, by index in both databases. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('customers', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('email').notNullable();
    table.specificType('email_folded', sortedText(db)).notNullable();
    table.text('name');
    table.specificType('name_folded', sortedText(db));
    table.text('company');
    table.specificType('company_folded', sortedText(db));
    table.text('phone');
    table.text('metadata').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.integer('version').notNullable();
    table.unique(['account_id', 'email_folded'], { indexName: 'customers_email' });
    table.index(['account_id', 'created_at', 'id'], 'customers_by_created_at');
    table.index(['account_id', 'name_folded'], 'customers_by_name');
    table.index(['account_id', 'company_folded'], 'customers_by_company');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('customers');
}
