import type { Platform } from './compose.ts';
import { newAccount } from './modules/accounts/index.ts';
import { issueApiKey } from './modules/api-keys/index.ts';
import { openAccount } from './modules/billing/index.ts';
import { newLicense } from './modules/licenses/index.ts';
import { newProduct } from './modules/products/index.ts';
import { systemRequest } from './platform/request-context.ts';

/** What a start tells its operator. Secrets are known only right after they were made. */
export interface StartSummary {
  readonly account_id: string;
  readonly admin_key: string | null;
  readonly read_only_key: string | null;
  readonly channel_key: string | null;
  readonly product_id: string | null;
  readonly license_key: string | null;
}

/**
 * Makes sure that there is an account to work with. On a new database: one on the enterprise plan, with a product, a
 * license and a key of each type, all in one transaction, so that a start cut short begins again from nothing.
 */
export async function ensureFirstAccount({
  uow,
  newId,
  licenseKeys,
  clock,
  oneAtATime,
}: Platform): Promise<StartSummary> {
  const now = clock.now();
  return oneAtATime(() =>
    uow.runInternal(async (tx) => {
      const known = await tx.accounts.first();
      if (known) {
        const products = await tx.products.page(known.id, { limit: 1, sort: 'created_at' });
        const product_id = products.items[0]?.id ?? null;
        return { account_id: known.id, product_id, ...noSecrets };
      }

      const account = newAccount(
        { name: 'First account', plan_code: 'enterprise' },
        { id: newId('account', now), now },
      );
      await openAccount(tx, account, newId('subscription', now));
      const product = newProduct(
        {
          name: 'First product',
          code: 'first-product',
          license_defaults: { device_limit: 3, trial_days: 14 },
        },
        { id: newId('product', now), account_id: account.id, now },
      );
      await tx.products.insert(product);
      const { license, key: license_key } = newLicense({}, product, {
        id: newId('license', now),
        account_id: account.id,
        now,
        keys: licenseKeys,
      });
      await tx.licenses.insert(license);

      const origin = systemRequest(account.id, { id: newId('request', now), now });
      await tx.usage.countMore(origin, 'products');
      await tx.usage.countMore(origin, 'licenses');
      await tx.usage.countMore(origin, 'api_keys', 3);
      const apiKey = async (type: 'admin' | 'read_only' | 'channel') => {
        const origin = { id: newId('api_key', now), account_id: account.id, now };
        const { record, key } = issueApiKey({ name: `First ${type} key`, type }, origin);
        await tx.apiKeys.insert(record);
        return key;
      };
      return {
        account_id: account.id,
        admin_key: await apiKey('admin'),
        read_only_key: await apiKey('read_only'),
        channel_key: await apiKey('channel'),
        product_id: product.id,
        license_key,
      };
    }),
  );
}

const noSecrets = { admin_key: null, read_only_key: null, channel_key: null, license_key: null };
