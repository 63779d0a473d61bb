import {
  activateLicense,
  createLicense,
  type Invoice,
  type License,
  type Subscription,
  startTrial,
} from '@thrivetech/contracts';
import { dayMs, toTimestamp } from '../../src/platform/clock.ts';
import { billingOf, createTestVendor, dataOf, storedUsage } from './billing.ts';
import { createVendor, machine, unique } from './builders.ts';
import { restDoor } from './doors.ts';
import type { TestDatabase } from './each-database.ts';
import { startServer } from './start-server.ts';
import type { TestServer } from './test-server.ts';
import { thriveJson } from './thrive.ts';

/** An installation that has something of everything, and no server running. */
export interface WholeInstallation {
  readonly admin: string;
  readonly channel: string;
  readonly license_key: string;
  /** Where a license key is active already. */
  readonly device: ReturnType<typeof machine>;
}

/** Fills a new database until each table holds rows. @param licenses so many, with their history. */
export async function fillInstallation(home: TestDatabase, licenses: number): Promise<WholeInstallation> {
  const server = await startServer(home);
  try {
    const made = await sell(server);
    await bill(server, home);
    await server.platform.database('jobs').insert({
      ...{ id: unique('job'), kind: 'idempotency.forget', key: 'all', payload: 'null' },
      ...{ run_at: server.clock.now(), lease_until: 0, attempts: 0, wakes: 0, created_at: 0 },
    });
    await thriveJson(home, 'demo', '--licenses', String(licenses));
    return made;
  } finally {
    await server.stop();
  }
}

async function sell(server: TestServer): Promise<WholeInstallation> {
  const vendor = await createVendor(server);
  const door = restDoor(() => server.baseUrl);
  const device = machine();
  const license = await dataOf(
    door.call<License>(
      createLicense,
      { product_id: (await vendor.product({ license_defaults: { trial_days: 14 } })).id },
      { key: vendor.admin, headers: { 'idempotency-key': unique('once') } },
    ),
  );
  const license_key = license.key ?? '';
  const asApp = { key: vendor.channel };
  await dataOf(door.call(activateLicense, { license_key, device }, asApp));
  await dataOf(door.call(startTrial, { product_id: license.product_id, device: machine() }, asApp));
  await insertWebhook(server, vendor.account_id);
  await storedUsage(server, vendor);
  return { admin: vendor.admin, channel: vendor.channel, license_key, device };
}

/** A subscription through its trial and a renewal, a payment that failed, and a credit note. */
async function bill(server: TestServer, home: TestDatabase): Promise<void> {
  // Long enough ago for all of it to lie in the past.
  const payer = await createTestVendor(server, toTimestamp(server.clock.now() - 100 * dayMs));
  const billing = billingOf(
    restDoor(() => server.baseUrl),
    () => payer,
  );
  const toEnd = async () => {
    const { current_period_end } = await dataOf<Subscription>(billing.subscription());
    await dataOf(billing.advance({ to: current_period_end }));
  };
  await dataOf(billing.addMethod({ token: 'test_ok' }));
  await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
  await toEnd();
  const [paid] = await dataOf<Invoice[]>(billing.invoices());
  await dataOf(billing.addMethod({ token: 'test_declined' }));
  await toEnd();
  const ofPayer = ['--account', payer.account_id];
  await thriveJson(home, 'billing', 'credit', paid?.id ?? '', ...ofPayer, '--reason', 'Goodwill');
  const offer = ['--plan', 'enterprise', '--currency', 'USD', '--month', '99900'];
  await thriveJson(home, 'billing', 'contract', ...ofPayer, ...offer);
  await insertEarlyNote(server);
}

/** A credit note whose id comes first, of an invoice whose id comes last: as when the clock was set back in between. */
async function insertEarlyNote({ platform }: TestServer): Promise<void> {
  const { database } = platform;
  const insertTwin = async (invoice: Record<string, unknown>, twin: Record<string, unknown>) => {
    const { series, number } = invoice;
    const [{ last }] = await database('invoice_series')
      .where({ series })
      .increment('last', 1)
      .returning('last');
    await database('invoices').insert({ ...invoice, number: `${number}-2`, sequence: last, ...twin });
  };
  const note = await database('invoices').whereNotNull('credits_invoice_id').first();
  const invoice = await database('invoices').where({ id: note.credits_invoice_id }).first();
  await insertTwin(invoice, { id: 'inv_z', period_start: 1 });
  await insertTwin(note, { id: 'inv_0', credits_invoice_id: 'inv_z' });
}

/** An endpoint and a delivery that has ended, past the API: a test knows no address that webhooks may reach. */
async function insertWebhook({ platform, clock }: TestServer, account_id: string): Promise<void> {
  const { database, newId } = platform;
  const now = clock.now();
  const event = await database('events').where({ account_id }).first();
  const [endpoint_id, delivery_id] = [newId('webhook_endpoint', now), newId('delivery', now)];
  await database('account_counters').where({ account_id }).increment('webhook_endpoints', 1);
  await database('webhook_endpoints').insert({
    ...{ id: endpoint_id, account_id, url: 'https://example.com/', events: '["*"]' },
    ...{ ordered: 0, enabled: 0, disabled_reason: 'manual', secret_sealed: '', after_sequence: 0 },
    ...{ created_at: now, updated_at: now, version: 1 },
  });
  await database('webhook_deliveries').insert({
    ...{ id: delivery_id, account_id, endpoint_id, event_id: event.id, event_type: event.type },
    ...{ sequence: event.sequence, status: 'delivered', attempts: 1, due_at: null, last_status: 200 },
    ...{ created_at: now, updated_at: now },
  });
  await database('webhook_attempts').insert({
    ...{ id: newId('delivery_attempt', now), account_id, delivery_id, number: 1, started_at: now },
    // A receiver may answer anything.
    ...{ duration_ms: 5, status: 200, outcome: 'delivered', response_body: 'Grüße 👋\n\t"\\' },
  });
}
