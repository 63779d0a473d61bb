import {
  activateLicense,
  createApiKey,
  deliveryStatuses,
  eventCatalogue,
  keyTypes,
  licenseTypes,
} from '@thrivetech/contracts';
import type { Knex } from 'knex';
import { dayMs, minuteMs } from '../../src/platform/clock.ts';
import { sortableTime } from '../../src/platform/db/paging.ts';
import { storedInvoice, storedUsage } from './billing.ts';
import { createVendor, machine, type Vendor } from './builders.ts';
import { restDoor } from './doors.ts';
import type { TestServer } from './test-server.ts';

/** An account with as many rows in each of its tables as `count` says. */
export interface ManyRows {
  readonly vendor: Vendor;
  readonly count: number;
  /** The license that has all the devices. */
  readonly license: { readonly id: string; readonly key: string };
  /** The id of the nth row of a kind, from 1; the first customer has one license in 29, the second one in three. */
  idOf(prefix: string, n: number): string;
  /** When the nth row of each table was made, epoch milliseconds. */
  createdAt(n: number): number;
}

let accounts = 0;
const firstNumber = 100_000_000;

/**
 * Fills an account with copies of what the API made, so many that a planner's choice means something. They differ in
 * everything that a list can filter or sort by, and every value of a filter is there; rare states are rare.
 */
export async function seedManyRows(server: TestServer, count: number): Promise<ManyRows> {
  const { vendor, license, models } = await makeModels(server, count);
  const db = server.platform.database;
  const now = server.clock.now();
  const tag = `many${++accounts}`;
  const id = (prefix: string, n = 'n') => `'${prefix}_${tag}_' || (${firstNumber} + ${n})`;
  const folded = (word: string) => `'${word}' || (${firstNumber} + n)`;
  const created_at = `${now} - (${count} - n) * ${10 * minuteMs}`;
  const expires_at = `${created_at} + (30 + n % 7 * 50) * ${dayMs}`;
  const unlessPerpetual = (value: string, never = 'null') =>
    `case when n % ${licenseTypes.length} = 0 then ${never} else ${value} end`;
  const once = (every: number, value: number) => `case when n % ${every} = 3 then ${value} end`;

  const tables: Record<keyof typeof models, Record<string, string>> = {
    products: { id: id('prd'), code: folded('code'), name_folded: folded('name'), created_at },
    customers: {
      id: id('cus'),
      email_folded: `${folded('customer')} || '@example.com'`,
      name_folded: folded('name'),
      company_folded: folded('company'),
      created_at,
    },
    licenses: {
      id: id('lic'),
      product_id: id('prd', '1 + n % 5'),
      customer_id: `case when n % 29 = 0 then ${id('cus', '1')} when n % 3 = 1 then ${id('cus', '2')} else ${id('cus')} end`,
      key_hash: folded('hash'),
      key_last_four: 'cast(1000 + n % 9000 as text)',
      type: oneOf(licenseTypes),
      devices_used: '0',
      created_at,
      starts_at: `coalesce(${once(200, now + dayMs)}, ${created_at})`,
      expires_at: unlessPerpetual(expires_at),
      expires_sort: unlessPerpetual(expires_at, String(sortableTime(null))),
      ends_at: unlessPerpetual(`${expires_at} + ${3 * dayMs}`),
      suspended_at: once(190, now),
      revoked_at: once(210, now),
    },
    devices: {
      id: id('dev'),
      seat: 'n + 1',
      fingerprint: folded('machine'),
      activated_at: created_at,
      deactivated_at: `case when n % 100 = 0 then null else ${now} end`,
    },
    api_keys: { id: id('key'), type: oneOf(keyTypes), key_hash: folded(tag), created_at },
    events: {
      id: id('evt'),
      sequence: '1000 + n',
      type: oneOf(Object.keys(eventCatalogue)),
      license_id: id('lic', '1 + n % 1000'),
      body: `replace(body, '${models.events}', ${id('evt')})`,
      created_at,
    },
    audit_entries: {
      id: id('aud'),
      sequence: '1000 + n',
      action: oneOf(['license.created', 'license.updated', 'customer.updated']),
      actor_id: id('key', '1 + n % 10'),
      target_id: id('lic', '1 + n % 1000'),
      created_at,
    },
    webhook_endpoints: { id: id('whe'), created_at },
    webhook_deliveries: {
      id: id('dlv'),
      endpoint_id: id('whe', '1 + n % 10'),
      event_id: id('evt'),
      status: oneOf(deliveryStatuses),
      created_at,
    },
    // The others are drafts or open for a while only.
    invoices: {
      id: id('inv'),
      number: folded(tag),
      sequence: `${firstNumber} + n`,
      series: `'${tag}'`,
      period_start: 'n',
      status: `case when n % 100 = 1 then 'uncollectible' when n % 100 = 2 then 'void' when n % 100 = 3 then 'open' when n % 100 = 4 then 'draft' else 'paid' end`,
      created_at,
    },
    usage_snapshots: { id: id('usg'), started_at: '10 + n', created_at },
  };
  tables.products['status'] = oneOf(['active', 'archived']);
  for (const [table, made] of Object.entries(tables)) {
    await copyRow(db, { table, id: models[table as keyof typeof models], made, count });
  }
  return {
    vendor,
    count,
    license,
    idOf: (prefix, n) => `${prefix}_${tag}_${firstNumber + n}`,
    createdAt: (n) => now - (count - n) * 10 * minuteMs,
  };
}

/** One row of each table, made through the API: what the copies do not change is as the server writes it. */
async function makeModels(server: TestServer, device_limit: number) {
  const vendor = await createVendor(server);
  const { account_id, admin } = vendor;
  const door = restDoor(() => server.baseUrl);
  const call = async (contract: Parameters<typeof door.call>[0], input: Record<string, unknown>) => {
    const answer = await door.call<{ id: string; device: { id: string } }>(contract, input, { key: admin });
    if (!answer.success) throw new Error(`${contract.name}: ${JSON.stringify(answer.error)}`);
    return answer.data;
  };
  const anyOf = async (table: string): Promise<string> =>
    (await server.platform.database(table).where({ account_id }).first('id')).id;

  const product = await vendor.product({ name: 'Product' });
  const customer = await vendor.customer({ name: 'Ada', company: 'Engines' });
  const license = await vendor.license({ product_id: product.id, customer_id: customer.id, device_limit });
  const { device } = await call(activateLicense, { license_key: license.key, device: machine() });
  const apiKey = await call(createApiKey, { name: 'App', type: 'channel' });
  const models = {
    products: product.id,
    customers: customer.id,
    licenses: license.id,
    devices: device.id,
    api_keys: apiKey.id,
    events: await anyOf('events'),
    audit_entries: await anyOf('audit_entries'),
    webhook_endpoints: `whe_${account_id}`,
    webhook_deliveries: `dlv_${account_id}`,
    invoices: await storedInvoice(server, vendor),
    usage_snapshots: await storedUsage(server, vendor),
  };
  await insertWebhook(server, account_id, models);
  return { vendor, license, models };
}

/** An endpoint and a delivery that has ended, past the API: this one is disabled, and nothing is ever sent to it. */
async function insertWebhook(
  server: TestServer,
  account_id: string,
  ids: { webhook_endpoints: string; webhook_deliveries: string; events: string },
): Promise<void> {
  const db = server.platform.database;
  const now = server.clock.now();
  await db('webhook_endpoints').insert({
    ...{ id: ids.webhook_endpoints, account_id, url: 'https://example.com/', events: '["*"]' },
    ...{ ordered: 0, enabled: 0, disabled_reason: 'manual', secret_sealed: '', after_sequence: 0 },
    ...{ created_at: now, updated_at: now, version: 1 },
  });
  await db('webhook_deliveries').insert({
    ...{ id: ids.webhook_deliveries, account_id, endpoint_id: ids.webhook_endpoints, event_id: ids.events },
    ...{ event_type: 'license.created', sequence: 1, status: 'delivered', attempts: 1, due_at: null },
    ...{ last_status: 200, created_at: now, updated_at: now },
  });
}

/** SQL for a value that goes round with the number of the row. */
const oneOf = (values: readonly string[]): string =>
  `case n % ${values.length} ${values.map((value, index) => `when ${index} then '${value}'`).join(' ')} end`;

/** Copies a row, numbered from 1 to `count`; what `made` names is SQL in which `n` is that number. */
async function copyRow(
  db: Knex,
  options: { table: string; id: string; made: Record<string, string>; count: number },
): Promise<void> {
  const { table, id, made, count } = options;
  const row: Record<string, unknown> = await db(table).where({ id }).first();
  const columns = Object.keys(row);
  const quoted = (column: string) => db.ref(column).toQuery();
  await db.raw(
    `with recursive numbers(n) as
       (select cast(1 as bigint) union all select n + 1 from numbers where n < ${count})
     insert into ${table} (${columns.map(quoted).join(', ')})
     select ${columns.map((column) => made[column] ?? quoted(column)).join(', ')}
     from numbers, ${table} where id = ?`,
    [id],
  );
}
