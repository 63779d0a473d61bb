import type { Knex } from 'knex';

/** Work that is due at a time. A row is claimed by a lease: whoever dies holding one loses it when it ends. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('jobs', (table) => {
    table.text('id').primary();
    table.text('kind').notNullable();
    // What the work is about; there is one job of a kind for it.
    table.text('key').notNullable();
    table.text('payload').notNullable();
    table.bigInteger('run_at').notNullable();
    // Until when the holder of the ticket may work on it; 0: nobody does.
    table.bigInteger('lease_until').notNullable();
    table.text('ticket');
    table.integer('attempts').notNullable();
    // Counts how often it was asked for: who finishes it sees that it was asked for again meanwhile.
    table.bigInteger('wakes').notNullable();
    table.text('last_error');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('dead_at');
    table.unique(['kind', 'key'], { indexName: 'jobs_key' });
  });
  await db.raw('create index jobs_due on jobs (kind, run_at) where dead_at is null');
  await db.raw('create index jobs_dead on jobs (dead_at) where dead_at is not null');
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('jobs');
}
