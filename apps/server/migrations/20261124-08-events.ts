import type { Knex } from 'knex';

/** The outbox: written in the transaction of the change, in a gapless sequence per account. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('events', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.bigInteger('sequence').notNullable();
    table.text('type').notNullable();
    table.text('license_id');
    table.text('request_id').notNullable();
    table.bigInteger('created_at').notNullable();
    table.text('body').notNullable();
    table.unique(['account_id', 'sequence'], { indexName: 'events_sequence' });
    table.index(['account_id', 'license_id', 'sequence'], 'events_by_license');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('events');
}
