import type { Knex } from 'knex';

/** What there is of each thing that a plan limits. Trials cost nothing, or whoever holds a channel key could use a plan up. */
const gauges = {
  products: 'select count(*) from products where products.account_id = account_counters.account_id',
  licenses: `select count(*) from licenses
    where licenses.account_id = account_counters.account_id and type <> 'trial' and revoked_at is null`,
  customers: 'select count(*) from customers where customers.account_id = account_counters.account_id',
  activations: `select count(*) from devices join licenses on licenses.id = devices.license_id
    where devices.account_id = account_counters.account_id and deactivated_at is null and licenses.type <> 'trial'`,
  api_keys: `select count(*) from api_keys
    where api_keys.account_id = account_counters.account_id and revoked_at is null and replaced_at is null`,
};
const counters = ['api_requests', 'validations'];
const period = ['usage_anchor_at', 'usage_started_at', 'usage_ends_at'];

/** Usage: what there is, what was called, and how it was when each period closed. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('api_keys', (table) => {
    // When another took its place; it goes on for its overlap, and is not counted.
    table.bigInteger('replaced_at');
  });
  await db.schema.alterTable('account_counters', (table) => {
    for (const name of Object.keys(gauges)) table.integer(name).notNullable().defaultTo(0);
    for (const name of counters) table.bigInteger(name).notNullable().defaultTo(0);
    // Periods are months from the anchor; 0: the first has not begun.
    for (const name of period) table.bigInteger(name).notNullable().defaultTo(0);
  });
  for (const [name, count] of Object.entries(gauges)) {
    await db.raw(`update account_counters set ${name} = (${count})`);
  }
  await db.raw('create index account_counters_due on account_counters (usage_ends_at)');

  await db.schema.createTable('usage_snapshots', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('plan_code').notNullable();
    table.bigInteger('started_at').notNullable();
    table.bigInteger('ended_at').notNullable();
    table.text('metrics').notNullable();
    table.bigInteger('created_at').notNullable();
    table.unique(['account_id', 'started_at'], { indexName: 'usage_snapshots_period' });
    table.index(['account_id', 'created_at', 'id'], 'usage_snapshots_by_created_at');
  });
  for (const statement of isPostgres(db) ? postgresTriggers : sqliteTriggers) await db.raw(statement);
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('usage_snapshots');
  if (isPostgres(db)) await db.raw('drop function keep_usage_snapshot()');
  await db.raw('drop index account_counters_due');
  await db.schema.alterTable('account_counters', (table) => {
    table.dropColumns(...Object.keys(gauges), ...counters, ...period);
  });
  await db.schema.alterTable('api_keys', (table) => {
    table.dropColumns('replaced_at');
  });
}

const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';

const sqliteTriggers = ['update', 'delete'].map(
  (verb) => `create trigger usage_snapshots_${verb} before ${verb} on usage_snapshots
    begin select raise(abort, 'a usage snapshot does not change'); end`,
);

const postgresTriggers = [
  `create function keep_usage_snapshot() returns trigger language plpgsql as $$
   begin raise exception 'a usage snapshot does not change'; end $$`,
  `create trigger usage_snapshots_keep before update or delete on usage_snapshots
   for each row execute function keep_usage_snapshot()`,
];
