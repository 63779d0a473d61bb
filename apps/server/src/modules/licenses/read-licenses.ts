import {
  type getLicense as getContract,
  type listLicenses as listContract,
  mapPage,
  type listCustomerLicenses as ofCustomerContract,
} from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { CustomerRepository } from '../customers/index.ts';
import type { LicenseRepository } from './license.repository.ts';
import { licenseView } from './license.ts';
import type { LicenseKeys } from './license-keys.ts';

interface Dependencies {
  uow: UnitOfWork<{ licenses: LicenseRepository; customers: CustomerRepository; audit: AuditLog }>;
  licenseKeys: LicenseKeys;
}

/** An admin sees the license key in full, and the audit log remembers that. */
export const getLicense =
  ({ uow, licenseKeys }: Dependencies): UseCaseOf<typeof getContract> =>
  async (request, { licenseId }) => {
    const { now, actor } = request;
    const license = await uow.read.licenses.find(actor.account_id, licenseId);
    if (!license) throw notFound('license');
    if (actor.key_type !== 'admin') return licenseView(license, now);
    await uow.run(request, (tx) =>
      tx.audit.record(request, { action: 'license.key_revealed', target_id: license.id }),
    );
    return licenseView(license, now, licenseKeys.reveal(license));
  };

/** The filters of a caller with license keys turned into what is stored of them. */
export function searchOf<Filters extends { key?: string | undefined; q?: string | undefined }>(
  licenseKeys: LicenseKeys,
  { key, ...filters }: Filters,
) {
  return {
    ...filters,
    ...(key !== undefined && { key_hash: licenseKeys.hash(key) }),
    ...(filters.q !== undefined && { q_key_hash: licenseKeys.hash(filters.q) }),
  };
}

export const listLicenses =
  ({ uow, licenseKeys }: Dependencies): UseCaseOf<typeof listContract> =>
  async (request, filters) => {
    const { now, actor } = request;
    const page = await uow.lagging.licenses.page(actor.account_id, searchOf(licenseKeys, filters), now);
    return mapPage(page, (license) => licenseView(license, now));
  };

export const listCustomerLicenses =
  ({ uow }: Dependencies): UseCaseOf<typeof ofCustomerContract> =>
  async (request, { customerId, ...filter }) => {
    const { now, actor } = request;
    if (!(await uow.read.customers.find(actor.account_id, customerId))) throw notFound('customer');
    const page = await uow.lagging.licenses.page(
      actor.account_id,
      { ...filter, customer_id: customerId },
      now,
    );
    return mapPage(page, (license) => licenseView(license, now));
  };
