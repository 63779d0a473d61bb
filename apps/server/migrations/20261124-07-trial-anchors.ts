import type { Knex } from 'knex';

/** What a trial is remembered by: fingerprint and every strong component of the machine, per product. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('trial_anchors', (table) => {
    table.text('account_id').notNullable().references('accounts.id');
    table.text('product_id').notNullable().references('products.id').onDelete('RESTRICT');
    table.text('anchor').notNullable();
    table.text('license_id').notNullable().references('licenses.id');
    table.bigInteger('created_at').notNullable();
    table.primary(['account_id', 'product_id', 'anchor']);
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('trial_anchors');
}
