import { features, type License, type LicenseDefaults } from '@thrivetech/contracts';
import { invalid } from '../../platform/app-error.ts';
import type { Changes } from '../../platform/use-case.ts';
import type { LicenseRecord } from './license.ts';
import type { LicenseKeys } from './license-keys.ts';
import { licenseTerms, type TermsRequest } from './license-terms.ts';

export type NewLicenseFields = TermsRequest &
  Changes<Pick<LicenseRecord, 'customer_id' | 'device_limit' | 'features' | 'metadata' | 'notes'>>;

/** @throws {AppError} VALIDATION_ERROR when product and license together unlock more than a lease can carry. */
function mergedFeatures(
  ofProduct: License['features'],
  ofLicense: License['features'] = {},
): License['features'] {
  const merged = features.safeParse({ ...ofProduct, ...ofLicense });
  if (merged.success) return merged.data;
  throw invalid(
    'features',
    `together with the product's, ${merged.error.issues[0]?.message ?? 'they are too many'}`,
  );
}

/** A license and its key, both not stored yet. What its creator leaves out comes from the product. */
export function newLicense(
  fields: NewLicenseFields,
  product: { id: string; license_defaults: LicenseDefaults },
  origin: { id: string; account_id: string; now: number; keys: LicenseKeys },
): { license: LicenseRecord; key: string } {
  const { id, account_id, now } = origin;
  const defaults = product.license_defaults;
  const { key, ...storedKey } = origin.keys.issue(id);
  const license: LicenseRecord = {
    id,
    account_id,
    product_id: product.id,
    customer_id: fields.customer_id ?? null,
    ...storedKey,
    ...licenseTerms(fields, defaults, now),
    device_limit: fields.device_limit ?? defaults.device_limit,
    devices_used: 0,
    features: mergedFeatures(defaults.features, fields.features),
    metadata: fields.metadata ?? {},
    notes: fields.notes ?? null,
    lease_days: defaults.lease_days,
    first_activated_at: null,
    suspended_at: null,
    revoked_at: null,
    created_at: now,
    updated_at: now,
    version: 1,
  };
  return { license, key };
}
