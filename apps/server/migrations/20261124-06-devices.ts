import type { Knex } from 'knex';

/**
 * One row per activation of a machine. The two partial unique indexes make a second seat for one machine, and a
 * seat that is given twice, impossible, whatever the code above them does.
 */
export async function up(db: Knex): Promise<void> {
  await db.schema.createTable('devices', (table) => {
    table.text('id').primary();
    table.text('account_id').notNullable().references('accounts.id');
    table.text('license_id').notNullable().references('licenses.id');
    table.integer('seat').notNullable();
    table.text('fingerprint').notNullable();
    table.text('components').notNullable();
    // The strong components once more, to look a machine up by them.
    table.text('os_install_id');
    table.text('board_id');
    table.text('reenrolled_at').notNullable();
    table.text('name');
    table.text('platform');
    table.text('arch');
    table.text('os_version');
    table.text('app_version');
    table.text('environment');
    table.bigInteger('activated_at').notNullable();
    table.bigInteger('deactivated_at');
    table.bigInteger('last_seen_at').notNullable();
    table.bigInteger('lease_sequence').notNullable();
    table.text('lease');
    table.index(['account_id', 'license_id', 'activated_at', 'id'], 'devices_by_activated_at');
    table.index(['account_id', 'license_id', 'fingerprint', 'activated_at'], 'devices_by_fingerprint');
    table.index(['account_id', 'license_id', 'os_install_id'], 'devices_by_os_install_id');
    table.index(['account_id', 'license_id', 'board_id'], 'devices_by_board_id');
  });
  await db.raw(
    'create unique index devices_fingerprint on devices (account_id, license_id, fingerprint) where deactivated_at is null',
  );
  await db.raw(
    'create unique index devices_seat on devices (account_id, license_id, seat) where deactivated_at is null',
  );
}

export async function down(db: Knex): Promise<void> {
  await db.schema.dropTable('devices');
}
