import {
  activateLicense,
  type Customer,
  createApiKey,
  createWebhookEndpoint,
  type License,
  type ProcedureContract,
} from '@thrivetech/contracts';
import { expect } from 'vitest';
import { dayMs, secondMs, toTimestamp } from '../../src/platform/clock.ts';
import type { Answer } from './answer.ts';
import { storedInvoice, storedUsage } from './billing.ts';
import { createVendor, machine, type Vendor } from './builders.ts';
import type { Door } from './doors.ts';
import type { TestServer } from './test-server.ts';

export interface Item {
  readonly id: string;
  readonly [field: string]: unknown;
}
export type Input = Record<string, unknown>;

/** Reads a list to its end, `limit` items at a time; `between` runs after each page. */
export async function readAll(
  door: Door,
  contract: ProcedureContract,
  input: Input,
  options: { key: string; between?: (page: number) => Promise<unknown> },
): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | null = null;
  let page = 0;
  do {
    const answer: Answer<Item[]> = await door.call<Item[]>(
      contract,
      { ...input, ...(cursor && { cursor }) },
      { key: options.key },
    );
    if (!answer.pagination) throw new Error(JSON.stringify(answer.error));
    expect(answer.data.length).toBeLessThanOrEqual(Number(input['limit']));
    expect(answer.pagination.has_more).toBe(answer.pagination.next_cursor !== null);
    items.push(...answer.data);
    cursor = answer.pagination.next_cursor;
    await options.between?.(++page);
  } while (cursor);
  return items;
}

export interface Stock {
  readonly owner: Vendor;
  readonly customer: Customer;
  readonly license: License;
}

/** Seven of everything: three made at the same moment, the others a second apart. */
export async function stock(server: TestServer, door: Door): Promise<Stock> {
  const owner = await createVendor(server);
  const customer = await owner.customer();
  const product = await owner.product();
  const license = await owner.license({ product_id: product.id, customer_id: customer.id, device_limit: 50 });
  const key = { key: owner.admin };
  await door.call(createWebhookEndpoint, { url: 'https://hooks.example.com/' }, key);
  for (let n = 0; n < 7; n++) {
    if (n > 2) server.clock.advance(secondMs);
    await owner.product({ name: `${n % 2 ? 'a' : 'B'}${n % 3}` });
    await owner.customer();
    await owner.license({
      product_id: product.id,
      customer_id: customer.id,
      ...(n % 2 && { expires_at: toTimestamp(server.clock.now() + (n % 4) * dayMs) }),
    });
    await door.call(activateLicense, { license_key: license.key, device: machine() }, key);
    await door.call(createApiKey, { name: 'k', type: 'channel' }, key);
    await door.call(createWebhookEndpoint, { url: 'https://hooks.example.com/', enabled: false }, key);
    await server.platform.jobs.runDue();
    await storedInvoice(server, owner);
    await storedUsage(server, owner);
  }
  return { owner, customer, license };
}
