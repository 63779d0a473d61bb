import type { LicenseDefaults, Product } from '@thrivetech/contracts';
import { invalid } from '../../platform/app-error.ts';
import { toTimestamp } from '../../platform/clock.ts';
import { type Changes, given } from '../../platform/use-case.ts';

/** A product as it is stored; times in epoch milliseconds. */
export interface ProductRecord {
  readonly id: string;
  readonly account_id: string;
  readonly name: string;
  readonly code: string | null;
  readonly description: string | null;
  readonly status: Product['status'];
  readonly license_defaults: LicenseDefaults;
  readonly metadata: Product['metadata'];
  readonly created_at: number;
  readonly updated_at: number;
  readonly version: number;
}

/** The fields a vendor sets. Left out means: as it was, or as usual for a new product. */
export type ProductChanges = Changes<
  Pick<ProductRecord, 'name' | 'code' | 'description' | 'status' | 'metadata'> & {
    license_defaults: Changes<LicenseDefaults>;
  }
>;

const usualLicenseDefaults: LicenseDefaults = {
  type: 'perpetual',
  device_limit: 1,
  duration_days: null,
  trial_days: null,
  lease_days: 14,
  grace_days: 7,
  features: {},
  expiry_basis: 'creation',
};

export function newProduct(
  fields: ProductChanges & { readonly name: string },
  origin: { id: string; account_id: string; now: number },
): ProductRecord {
  const license_defaults = { ...usualLicenseDefaults, ...given(fields.license_defaults ?? {}) };
  refuseEndlessDefaults(license_defaults);
  return {
    id: origin.id,
    account_id: origin.account_id,
    name: fields.name,
    code: fields.code ?? null,
    description: fields.description ?? null,
    status: fields.status ?? 'active',
    license_defaults,
    metadata: fields.metadata ?? {},
    created_at: origin.now,
    updated_at: origin.now,
    version: 1,
  };
}

/** The product after a change. License defaults are merged: naming one keeps the others. */
export function changeProduct(product: ProductRecord, changes: ProductChanges, now: number): ProductRecord {
  const { license_defaults: changed, ...fields } = changes;
  const license_defaults = { ...product.license_defaults, ...given(changed ?? {}) };
  refuseEndlessDefaults(license_defaults);
  return {
    ...product,
    ...given(fields),
    license_defaults,
    updated_at: now,
    version: product.version + 1,
  };
}

/** A license made with `product_id` alone must come out whole: what must end needs to know when. */
function refuseEndlessDefaults({ type, duration_days, trial_days }: LicenseDefaults): void {
  if (type === 'timed' && duration_days === null) {
    throw invalid('license_defaults.duration_days', 'licenses of type "timed" need a duration');
  }
  if (type === 'trial' && duration_days === null && trial_days === null) {
    throw invalid('license_defaults.trial_days', 'licenses of type "trial" need a duration');
  }
}

export function productView(product: ProductRecord): Product {
  const { account_id: _account_id, ...fields } = product;
  return {
    ...fields,
    created_at: toTimestamp(product.created_at),
    updated_at: toTimestamp(product.updated_at),
  };
}
