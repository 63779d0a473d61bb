import { randomBytes } from 'node:crypto';
import {
  type Customer,
  createCustomer,
  createLicense,
  createProduct,
  type License,
  type Product,
} from '@thrivetech/contracts';
import { newAccount } from '../../src/modules/accounts/index.ts';
import { issueApiKey } from '../../src/modules/api-keys/index.ts';
import { openAccount } from '../../src/modules/billing/index.ts';
import { systemRequest } from '../../src/platform/request-context.ts';
import { restDoor } from './doors.ts';
import type { TestServer } from './test-server.ts';

/** A vendor with a key of each type, and short ways to things that scenarios begin with. */
export interface Vendor {
  readonly account_id: string;
  readonly admin: string;
  readonly read_only: string;
  readonly channel: string;
  product(fields?: Record<string, unknown>): Promise<Product>;
  customer(fields?: Record<string, unknown>): Promise<Customer>;
  /** A license with its key in full; without `product_id` of a product of its own. */
  license(fields?: Record<string, unknown>): Promise<License>;
  /** A further channel key, bound to products when given. */
  channelKey(product_ids?: string[]): Promise<string>;
}

let serial = 0;
/** A text that no other call of this process gave. */
export const unique = (prefix: string): string => `${prefix}-${process.pid}-${++serial}`;

/** A machine as an app describes it. */
export const machine = (fingerprint = unique('machine'), more: Record<string, unknown> = {}) => ({
  fingerprint,
  ...more,
});

/** What an app on a machine without a network writes into its `.lreq` file. */
export const licenseRequest = (product_id: string, more: Record<string, unknown> = {}) => ({
  format: 'thrive-license-request',
  version: 1,
  product_id,
  device: machine(),
  nonce: randomBytes(16).toString('base64url'),
  created_at: '2026-01-26T12:00:00.000Z',
  ...more,
});

/** A new account, apart from all others, so that scenarios never meet. */
export async function createVendor(
  server: TestServer,
  plan: {
    plan_code?: string;
    rate_per_minute?: number;
    rate_per_hour?: number;
    /** Its clock stands still until it is moved, and its payments are simulated. */
    is_test?: boolean;
    /** It has no subscription yet; without this it has its plan by contract. */
    is_unsubscribed?: boolean;
  } = {},
): Promise<Vendor> {
  const { uow, newId } = server.platform;
  const now = server.clock.now();
  const account = newAccount(
    { name: unique('Vendor'), plan_code: 'enterprise', ...plan },
    { id: newId('account', now), now },
  );
  const issue = async (type: 'admin' | 'read_only' | 'channel', product_ids: string[] | null = null) => {
    const origin = { id: newId('api_key', now), account_id: account.id, now };
    const { record, key } = issueApiKey({ name: type, type, product_ids }, origin);
    await uow.runInternal(async (tx) => {
      await tx.apiKeys.insert(record);
      await tx.usage.countMore(systemRequest(account.id, { id: newId('request', now), now }), 'api_keys');
    });
    return key;
  };
  await uow.runInternal(async (tx) => {
    if (plan.is_unsubscribed) await tx.accounts.insert(account);
    else await openAccount(tx, account, newId('subscription', now));
  });
  const admin = await issue('admin');

  const door = restDoor(() => server.baseUrl);
  const create = async <Data>(contract: Parameters<typeof door.call>[0], fields: Record<string, unknown>) => {
    const answer = await door.call<Data>(contract, fields, { key: admin });
    if (!answer.success) throw new Error(`${contract.name}: ${JSON.stringify(answer.error)}`);
    return answer.data;
  };
  const product = (fields = {}) => create<Product>(createProduct, { name: unique('Product'), ...fields });
  return {
    account_id: account.id,
    admin,
    read_only: await issue('read_only'),
    channel: await issue('channel'),
    product,
    customer: (fields = {}) =>
      create<Customer>(createCustomer, { email: `${unique('customer')}@example.com`, ...fields }),
    license: async (fields = {}) =>
      create<License>(createLicense, {
        product_id: (fields as { product_id?: string }).product_id ?? (await product()).id,
        ...fields,
      }),
    channelKey: (product_ids) => issue('channel', product_ids ?? null),
  };
}
