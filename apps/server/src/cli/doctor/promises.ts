import type { Knex } from 'knex';

/** Promises that rows must keep whatever ran in parallel or died in the middle; each broken one in a sentence. */
export async function brokenPromises(db: Knex): Promise<string[]> {
  // The account as well: the index of devices begins with it, and without it every license reads every device.
  const miscounted: { id: string }[] = await db('licenses')
    .select('id')
    .whereRaw(
      'devices_used <> (select count(*) from devices where devices.account_id = licenses.account_id and devices.license_id = licenses.id and deactivated_at is null)',
    )
    .limit(5);
  const gaps: { account_id: string }[] = await db('account_counters')
    .select('account_id')
    .whereRaw('events <> (select count(*) from events where events.account_id = account_counters.account_id)')
    .limit(5);
  const uncounted: { account_id: string }[] = await db('account_counters')
    .select('account_id')
    .whereRaw(
      'account_counters.webhook_endpoints <> (select count(*) from webhook_endpoints as endpoint where endpoint.account_id = account_counters.account_id)',
    )
    .limit(5);
  return [
    ...miscounted.map(({ id }) => `license ${id} counts its seats wrong`),
    ...gaps.map(({ account_id }) => `events of ${account_id} are missing`),
    ...uncounted.map(({ account_id }) => `the webhook endpoints of ${account_id} are counted wrong`),
  ];
}

/** The latest moment that the database knows of something having happened; 0 when nothing has. */
export async function newestMoment(db: Knex): Promise<number> {
  const rows = await Promise.all(
    ['events', 'licenses', 'api_keys'].map((table) => db(table).max('created_at as newest').first()),
  );
  return Math.max(0, ...rows.map((row) => Number(row?.['newest'] ?? 0)));
}
