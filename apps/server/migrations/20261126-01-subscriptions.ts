import type { Knex } from 'knex';

/** What an account pays for, and how it stands with that. Accounts that are there already go on by contract. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('accounts', (table) => {
    // The live subscription, or the one that ended last.
    table.text('subscription_id');
    // The time of a test account; null: the time is the clock's.
    table.bigInteger('test_now');
  });

  await db.schema.createTable('subscriptions', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('plan_code').notNullable();
    table.text('interval').notNullable();
    table.text('status').notNullable();
    // The operator set it up: no price, no end, no invoices.
    table.integer('by_contract').notNullable();
    table.text('currency');
    table.bigInteger('price');
    // All periods are counted from here.
    table.bigInteger('anchor_at').notNullable();
    // Which period is paid or asked for; -1: a trial, which lies before the first one.
    table.integer('period_index').notNullable();
    table.bigInteger('current_period_start').notNullable();
    table.bigInteger('current_period_end');
    table.bigInteger('trial_end');
    table.integer('cancel_at_period_end').notNullable();
    table.bigInteger('canceled_at');
    table.bigInteger('ended_at');
    table.text('pending_plan_code');
    table.text('pending_interval');
    // Since when an invoice waits for money that was refused.
    table.bigInteger('past_due_since');
    // When something is to happen by itself; null: nothing is.
    table.bigInteger('due_at');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.integer('version').notNullable();
    table.index(['account_id', 'created_at'], 'subscriptions_by_account');
  });
  await db.raw(
    `create unique index subscriptions_live on subscriptions (account_id)
       where status in ('incomplete', 'trialing', 'active', 'past_due', 'unpaid')`,
  );
  await db.raw('create index subscriptions_due on subscriptions (due_at) where due_at is not null');

  await db.schema.createTable('plan_contracts', (table) => {
    table.text('account_id').primary().references('accounts.id');
    table.text('plan_code').notNullable();
    table.text('currency').notNullable();
    // Null: not offered.
    table.bigInteger('month');
    table.bigInteger('year');
    table.bigInteger('created_at').notNullable();
  });

  await db.raw(
    `insert into subscriptions (id, account_id, plan_code, interval, status, by_contract, anchor_at, period_index,
       current_period_start, cancel_at_period_end, created_at, updated_at, version)
     select 'sub' || substr(id, 4), id, plan_code, 'month', 'active', 1, created_at, 0, created_at, 0, created_at, created_at, 1
     from accounts`,
  );
  await db.raw(`update accounts set subscription_id = 'sub' || substr(id, 4)`);
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('plan_contracts');
  await db.schema.dropTable('subscriptions');
  await db.schema.alterTable('accounts', (table) => {
    table.dropColumns('subscription_id', 'test_now');
  });
}
