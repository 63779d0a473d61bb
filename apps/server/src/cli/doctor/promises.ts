import { planMetrics } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { countSql } from '../../modules/usage/index.ts';

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
  const drift = await findDrift(db);
  const unnumbered: { series: string }[] = await db('invoice_series')
    .select('series')
    .whereRaw('last <> (select count(*) from invoices where invoices.series = invoice_series.series)')
    .limit(5);
  return [
    ...miscounted.map(({ id }) => `license ${id} counts its seats wrong`),
    ...gaps.map(({ account_id }) => `events of ${account_id} are missing`),
    ...drift.map(
      ({ account_id, metric, counted, there }) =>
        `the ${metric.replace('_', ' ')} of ${account_id} are counted wrong: ${counted}, and there are ${there}`,
    ),
    ...unnumbered.map(({ series }) => `the invoice numbers of ${series} have a gap`),
  ];
}

/** Gauges that are not what there is. One statement for each: it sees what is committed, and each commit brings both. */
async function findDrift(db: Knex) {
  const found: { account_id: string; metric: string; counted: number; there: number }[] = [];
  for (const metric of planMetrics) {
    const rows = await db('account_counters')
      .select('account_id', { counted: metric })
      .select(db.raw(`(${countSql[metric]}) as there`))
      .whereRaw(`${metric} <> (${countSql[metric]})`)
      .limit(5);
    found.push(...rows.map((row) => ({ ...row, metric, there: Number(row.there) })));
  }
  return found;
}

/** The latest moment that the database knows of something having happened; 0 when nothing has. */
export async function newestMoment(db: Knex): Promise<number> {
  const rows = await Promise.all(
    ['events', 'licenses', 'api_keys'].map((table) =>
      // The clock of a test account is moved on by its owner.
      db(table)
        .whereNotIn('account_id', db('accounts').whereNotNull('test_now').select('id'))
        .max('created_at as newest')
        .first(),
    ),
  );
  return Math.max(0, ...rows.map((row) => Number(row?.['newest'] ?? 0)));
}
