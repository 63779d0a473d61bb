import type { Knex } from 'knex';

/** A filter together with an order that no index had. */
const ordered = {
  api_keys_by_type: 'api_keys (account_id, type, created_at, id)',
  events_by_created_at: 'events (account_id, created_at)',
  licenses_by_type_expires_at: 'licenses (account_id, type, expires_sort, id)',
  licenses_by_product_expires_at: 'licenses (account_id, product_id, expires_sort, id)',
  licenses_by_customer_expires_at: 'licenses (account_id, customer_id, expires_sort, id)',
};

/** Rare states: an index that holds nothing else costs other licenses nothing. */
const rare = {
  licenses_revoked: 'licenses (account_id, created_at, id) where revoked_at is not null',
  licenses_suspended:
    'licenses (account_id, created_at, id) where suspended_at is not null and revoked_at is null',
  licenses_given_start: 'licenses (account_id, created_at, id) where starts_at > created_at',
};

/**
 * Unique because a sequence is: told so, SQLite sees that the index gives the order of a list, which ends in the id.
 * Otherwise it walks the whole account in that order.
 */
const unique = {
  events_by_type: 'events (account_id, type, sequence)',
  events_by_license: 'events (account_id, license_id, sequence)',
  audit_entries_by_action: 'audit_entries (account_id, action, sequence)',
  audit_entries_by_actor: 'audit_entries (account_id, actor_id, sequence)',
  audit_entries_by_target: 'audit_entries (account_id, target_id, sequence)',
};

/** What stood in their place. */
const replaced = {
  events_by_license: 'events (account_id, license_id, sequence)',
  audit_entries_by_action: 'audit_entries (account_id, action, sequence)',
  audit_entries_by_actor: 'audit_entries (account_id, actor_id, sequence)',
  audit_entries_by_target: 'audit_entries (account_id, target_id, created_at)',
  audit_entries_by_target_sequence: 'audit_entries (account_id, target_id, sequence)',
};

export async function up(db: Knex): Promise<void> {
  await drop(db, replaced);
  await create(db, 'unique index', unique);
  await create(db, 'index', { ...ordered, ...rare });
}

export async function down(db: Knex): Promise<void> {
  await drop(db, { ...rare, ...ordered, ...unique });
  await create(db, 'index', replaced);
}

async function create(db: Knex, kind: string, indexes: Record<string, string>): Promise<void> {
  for (const [name, what] of Object.entries(indexes)) await db.raw(`create ${kind} ${name} on ${what}`);
}

async function drop(db: Knex, indexes: Record<string, string>): Promise<void> {
  for (const name of Object.keys(indexes)) await db.raw(`drop index ${name}`);
}
