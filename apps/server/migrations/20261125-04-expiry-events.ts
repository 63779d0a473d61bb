import type { Knex } from 'knex';

/** Which end of a license `license.expired` has told of, so that it is told once; null: of none that still counts. */
export async function up(db: Knex): Promise<void> {
  await db.schema.alterTable('licenses', (table) => {
    table.bigInteger('expiry_told_for');
  });
  await db.raw(
    `create index licenses_to_expire on licenses (ends_at) where ends_at is not null and expiry_told_for is null
       and revoked_at is null and suspended_at is null`,
  );
  await db.raw(
    'create index devices_floating on devices (seat_expires_at) where seat_expires_at is not null and deactivated_at is null',
  );
}

export async function down(db: Knex): Promise<void> {
  await db.raw('drop index devices_floating');
  await db.raw('drop index licenses_to_expire');
  await db.schema.alterTable('licenses', (table) => {
    table.dropColumns('expiry_told_for');
  });
}
