import type { Knex } from 'knex';

/** What an invoice says once it is finalized. Nothing changes it afterwards, whatever program asks: a trigger sees to it. */
const frozen = [
  ...['id', 'account_id', 'subscription_id', 'number', 'series', 'sequence', 'kind', 'credits_invoice_id'],
  ...['currency', 'lines', 'total', 'credit_applied', 'amount_due', 'seller', 'buyer'],
  ...['period_start', 'period_end', 'created_at', 'finalized_at'],
];
/** An invoice that has come to its end stays there. */
const ended = `old.status in ('paid', 'void') and new.status <> old.status`;

/** Invoices, the payments of them, and what an account pays with. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('billing_profiles', (table) => {
    table.text('account_id').primary().references('accounts.id');
    // Who the account is at its payment provider.
    table.text('provider');
    table.text('customer_ref');
    // What the platform owes the account, in minor units; the next invoices are paid out of it first.
    table.text('credit_currency');
    table.bigInteger('credit_balance').notNullable();
    table.bigInteger('trial_used_at');
    table.check('credit_balance >= 0', [], 'billing_profiles_credit');
  });

  await db.schema.createTable('payment_methods', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('provider').notNullable();
    table.text('provider_ref').notNullable();
    table.text('kind').notNullable();
    table.text('brand');
    table.text('last_four');
    table.integer('exp_month');
    table.integer('exp_year');
    // The highest is the default.
    table.integer('rank').notNullable();
    table.bigInteger('created_at').notNullable();
    table.bigInteger('removed_at');
  });
  await db.raw(
    `create unique index payment_methods_ref on payment_methods (account_id, provider, provider_ref)
       where removed_at is null`,
  );

  await db.schema.createTable('invoice_series', (table) => {
    table.text('series').primary();
    table.bigInteger('last').notNullable();
  });

  await db.schema.createTable('invoices', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('subscription_id').notNullable().references('subscriptions.id');
    table.text('number');
    table.text('series');
    table.bigInteger('sequence');
    table.text('kind').notNullable();
    table.text('status').notNullable();
    table.text('credits_invoice_id').references('invoices.id');
    table.text('currency').notNullable();
    table.text('lines').notNullable();
    table.bigInteger('total').notNullable();
    table.bigInteger('credit_applied').notNullable();
    table.bigInteger('amount_due').notNullable();
    table.bigInteger('amount_paid').notNullable();
    table.text('seller').notNullable();
    table.text('buyer').notNullable();
    table.bigInteger('period_start').notNullable();
    table.bigInteger('period_end').notNullable();
    // What the money buys, where that is not given before it is there.
    table.text('change');
    table.integer('payment_attempts').notNullable();
    table.bigInteger('next_attempt_at');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('finalized_at');
    table.bigInteger('paid_at');
    table.unique(['series', 'sequence'], { indexName: 'invoices_number' });
    table.index(['account_id', 'created_at', 'id'], 'invoices_by_created_at');
    table.index(['account_id', 'status', 'created_at', 'id'], 'invoices_by_status');
  });
  await db.raw(
    `create unique index invoices_period on invoices (account_id, subscription_id, period_start)
       where kind in ('subscription_create', 'subscription_cycle')`,
  );
  await db.raw(
    `create unique index invoices_change on invoices (account_id, subscription_id)
       where kind = 'subscription_update' and status = 'draft'`,
  );
  await db.raw('create index invoices_due on invoices (next_attempt_at) where next_attempt_at is not null');

  await db.schema.createTable('payments', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('invoice_id').notNullable().references('invoices.id');
    table.text('provider').notNullable();
    table.text('customer_ref');
    table.text('method_ref');
    table.bigInteger('amount').notNullable();
    table.text('currency').notNullable();
    table.integer('is_present').notNullable();
    table.text('status').notNullable();
    table.text('provider_ref');
    table.text('failure_code');
    table.text('action_url');
    table.text('reference');
    table.integer('polls').notNullable();
    // When the provider is to be asked how it stands.
    table.bigInteger('poll_at');
    table.bigInteger('created_at').notNullable();
    table.bigInteger('updated_at').notNullable();
    table.index(['account_id', 'invoice_id', 'created_at'], 'payments_by_invoice');
  });
  // While one may still move money, no other is begun.
  await db.raw(
    `create unique index payments_open on payments (invoice_id)
       where status in ('pending', 'unknown', 'requires_action')`,
  );
  await db.raw('create index payments_due on payments (poll_at) where poll_at is not null');

  for (const statement of isPostgres(db) ? postgresTriggers : sqliteTriggers) await db.raw(statement);
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('payments');
  await db.schema.dropTable('invoices');
  if (isPostgres(db)) await db.raw('drop function keep_finalized_invoice()');
  await db.schema.dropTable('invoice_series');
  await db.schema.dropTable('payment_methods');
  await db.schema.dropTable('billing_profiles');
}

const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';

const sqliteTriggers = [
  `create trigger invoices_keep before update on invoices
   when old.finalized_at is not null and (${ended} or ${frozen.map((name) => `old.${name} is not new.${name}`).join(' or ')})
   begin select raise(abort, 'a finalized invoice does not change'); end`,
  `create trigger invoices_stay before delete on invoices when old.finalized_at is not null
   begin select raise(abort, 'a finalized invoice does not change'); end`,
];

const postgresTriggers = [
  `create function keep_finalized_invoice() returns trigger language plpgsql as $$
   begin
     if old.finalized_at is not null then
       if tg_op = 'DELETE' then raise exception 'a finalized invoice does not change'; end if;
       if ${ended} or ${frozen.map((name) => `old.${name} is distinct from new.${name}`).join(' or ')} then
         raise exception 'a finalized invoice does not change';
       end if;
     end if;
     if tg_op = 'DELETE' then return old; end if;
     return new;
   end $$`,
  `create trigger invoices_keep before update or delete on invoices
   for each row execute function keep_finalized_invoice()`,
];
