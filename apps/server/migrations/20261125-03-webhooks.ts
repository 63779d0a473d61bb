import type { Knex } from 'knex';

/** Who is told of events, what is to be told to whom, and how it went. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('account_counters', (table) => {
    // Events up to this one were handed to the endpoints there were.
    table.bigInteger('fanned_out').notNullable().defaultTo(0);
    table.integer('webhook_endpoints').notNullable().defaultTo(0);
  });

  await db.schema.createTable('webhook_endpoints', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('url').notNullable();
    table.text('events').notNullable();
    table.text('description');
    table.integer('ordered').notNullable();
    table.integer('enabled').notNullable();
    table.text('disabled_reason');
    // Since when every attempt has failed; null: the newest one did not.
    table.bigInteger('failing_since');
    table.text('secret_sealed').notNullable();
    table.text('previous_secret_sealed');
    table.bigInteger('previous_secret_until');
    // Events up to this one are not for it.
    table.bigInteger('after_sequence').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.integer('version').notNullable();
    table.index(['account_id', 'created_at', 'id'], 'webhook_endpoints_by_created_at');
  });

  await db.schema.createTable('webhook_deliveries', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('endpoint_id').notNullable().references('webhook_endpoints.id').onDelete('CASCADE');
    table.text('event_id').notNullable().references('events.id');
    table.text('event_type').notNullable();
    table.bigInteger('sequence').notNullable();
    table.text('status').notNullable();
    table.integer('attempts').notNullable();
    // When the next attempt is due; null: none is to come.
    table.bigInteger('due_at');
    table.integer('last_status');
    table.text('last_error');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.unique(['account_id', 'endpoint_id', 'event_id'], { indexName: 'webhook_deliveries_event' });
    table.index(['account_id', 'created_at', 'id'], 'webhook_deliveries_by_created_at');
    table.index(['account_id', 'endpoint_id', 'created_at', 'id'], 'webhook_deliveries_by_endpoint');
    table.index(['account_id', 'status', 'created_at', 'id'], 'webhook_deliveries_by_status');
    table.index(['account_id', 'endpoint_id', 'status', 'created_at', 'id'], 'webhook_deliveries_by_both');
    table.index(['account_id', 'event_id', 'created_at', 'id'], 'webhook_deliveries_by_event');
  });
  await db.raw(
    'create index webhook_deliveries_ended on webhook_deliveries (updated_at) where due_at is null',
  );
  await db.raw(
    'create index webhook_deliveries_waiting on webhook_deliveries (account_id, endpoint_id, sequence) where due_at is not null',
  );
  await db.raw(
    'create index webhook_deliveries_due on webhook_deliveries (account_id, endpoint_id, due_at, sequence) where due_at is not null',
  );

  await db.schema.createTable('webhook_attempts', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('delivery_id').notNullable().references('webhook_deliveries.id').onDelete('CASCADE');
    table.integer('number').notNullable();
    table.bigInteger('started_at').notNullable();
    table.integer('duration_ms').notNullable();
    table.integer('status');
    table.text('outcome').notNullable();
    table.text('error');
    table.text('response_body');
    // By the delivery first: whoever removes one must find its attempts without reading those of all others.
    table.index(['delivery_id', 'number'], 'webhook_attempts_by_delivery');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('webhook_attempts');
  await db.schema.dropTable('webhook_deliveries');
  await db.schema.dropTable('webhook_endpoints');
  await db.schema.alterTable('account_counters', (table) => {
    table.dropColumns('fanned_out', 'webhook_endpoints');
  });
}
