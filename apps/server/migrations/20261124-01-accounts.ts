import type { Knex } from 'knex';

/** The vendor. Its counters lie apart, so that counting an event never waits for a change of the account. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('accounts', (table) => {
    table.text('id').primary();
    table.text('name').notNullable();
    table.text('plan_code').notNullable();
    // A contract's own rates; null: the plan's.
    table.bigInteger('rate_per_minute');
    table.bigInteger('rate_per_hour');
    table.bigInteger('created_at').notNullable();
  });
  await db.schema.createTable('account_counters', (table) => {
    table.text('account_id').primary().references('accounts.id');
    table.bigInteger('events').notNullable();
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('account_counters');
  await db.schema.dropTable('accounts');
}
