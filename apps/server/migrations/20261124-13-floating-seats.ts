import type { Knex } from 'knex';

/** A floating seat counts only while its lease runs; null: the seat is the device's own. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('devices', (table) => {
    table.bigInteger('seat_expires_at');
  });
}

export async function down(db: Knex): Promise<void> {
  await db.schema.alterTable('devices', (table) => {
    table.dropColumns('seat_expires_at');
  });
}
