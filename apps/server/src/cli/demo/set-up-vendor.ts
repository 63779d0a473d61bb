import type { PlatformCore } from '../../core.ts';
import { createApiKey } from '../../modules/api-keys/index.ts';
import type { AuditNote } from '../../modules/audit/index.ts';
import { createAccount } from '../../modules/billing/index.ts';
import { changeProduct, newProduct, type ProductRecord, productView } from '../../modules/products/index.ts';
import { hourMs, minuteMs } from '../../platform/clock.ts';
import { operatorRequest } from '../support/open.ts';
import { beginOf, retiredAt } from './plan-lives.ts';
import { type DemoProduct, demoProducts } from './products.ts';

/** The demo vendor before it has sold anything. */
export interface Vendor {
  readonly account_id: string;
  /** The moment to which the story leads. */
  readonly now: number;
  /** Of the API key that shop and support use. */
  readonly adminKeyId: string;
  readonly keyIds: readonly string[];
  /** The keys themselves, known only now. */
  readonly keys: { readonly admin_key: string; readonly read_only_key: string; readonly channel_key: string };
  /** As they stand today. */
  readonly products: ReadonlyMap<DemoProduct, ProductRecord>;
  /** What was done to the products and when, oldest first; not yet in the audit log. */
  readonly notes: readonly { readonly at: number; readonly change: AuditNote['change'] }[];
}

/** Makes the account, its API keys and its products, as of the day on which the story begins. */
export async function setUpVendor(core: PlatformCore, name: string, now: number): Promise<Vendor> {
  const begin = beginOf(now);
  // The account's id is of today: by it the server tells which account was there first.
  const account_id = core.newId('account', now);
  const operator = operatorRequest(core, account_id);
  await createAccount(core)({ ...operator, now: begin }, { name, plan_code: 'enterprise' });
  const keyOf = (type: 'admin' | 'read_only' | 'channel', label: string, minutes: number) =>
    createApiKey(core)({ ...operator, now: begin + minutes * minuteMs }, { name: label, type });
  const admin = await keyOf('admin', 'Shop and support', 5);
  const readOnly = await keyOf('read_only', 'Reports', 6);
  const channel = await keyOf('channel', 'Apps', 7);

  const launches = demoProducts.map((product, index) =>
    launch(product, { core, account_id, now, at: begin + hourMs + index * 20 * minuteMs }),
  );
  await core.uow.runInternal(async (tx) => {
    for (const { record } of launches) await tx.products.insert(record);
    await tx.usage.countMore(operator, 'products', launches.length);
  });
  return {
    account_id,
    now,
    adminKeyId: admin.id,
    keyIds: [admin.id, readOnly.id, channel.id],
    keys: { admin_key: admin.key, read_only_key: readOnly.key, channel_key: channel.key },
    products: new Map(launches.map(({ product, record }) => [product, record])),
    notes: launches.flatMap(({ notes }) => notes).sort((a, b) => a.at - b.at),
  };
}

function launch(
  product: DemoProduct,
  { core, account_id, now, at }: { core: PlatformCore; account_id: string; now: number; at: number },
) {
  const { name, code, description, license_defaults, metadata } = product;
  const launched = newProduct(
    { name, code, description, license_defaults, metadata },
    { id: core.newId('product', at), account_id, now: at },
  );
  const view = productView(launched);
  const created = { at, change: { action: 'product.created', target_id: launched.id, after: view } };
  const end = retiredAt(product, now);
  if (end === null) return { product, record: launched, notes: [created] };
  const archived = changeProduct(launched, { status: 'archived' }, end);
  const after = productView(archived);
  const change = { action: 'product.updated', target_id: launched.id, before: view, after };
  return { product, record: archived, notes: [created, { at: end, change }] };
}
