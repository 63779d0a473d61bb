import type { Knex } from 'knex';

/** Keys that sign leases, their private half encrypted. The root key that vouches for them is not in the database. */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('signing_keys', (table) => {
    table.text('kid').primary();
    table.text('public_key').notNullable();
    table.text('private_key_sealed').notNullable();
    table.bigInteger('valid_from').notNullable();
    table.bigInteger('valid_until');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('signing_keys');
}
