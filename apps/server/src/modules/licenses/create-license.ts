import type {
  createLicenses as bulkContract,
  createLicense as contract,
  License,
  Product,
} from '@thrivetech/contracts';
import { AppError, conflict, notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { ProductRepository } from '../products/index.ts';
import type { LicenseRepository } from './license.repository.ts';
import { licenseView } from './license.ts';
import { type EventSources, recordLicenseEvent } from './license-events.ts';
import type { LicenseKeys } from './license-keys.ts';
import { newLicense } from './new-license.ts';

type Repositories = EventSources & {
  licenses: LicenseRepository;
  products: ProductRepository;
  audit: AuditLog;
};
interface Dependencies {
  uow: UnitOfWork<Repositories>;
  newId: NewId;
  licenseKeys: LicenseKeys;
}
type Fields = Parameters<UseCaseOf<typeof contract>>[1];

export const createLicense =
  (deps: Dependencies): UseCaseOf<typeof contract> =>
  (request, fields) =>
    deps.uow.run(request, (tx) => issueLicense(deps, tx, request, fields));

/** All or none: the first fault names its entry and takes back the ones before it. */
export const createLicenses =
  (deps: Dependencies): UseCaseOf<typeof bulkContract> =>
  (request, input) =>
    deps.uow.run(request, async (tx) => {
      const licenses: License[] = [];
      for (const [index, fields] of input.licenses.entries()) {
        licenses.push(
          await issueLicense(deps, tx, request, fields).catch((error: unknown) => {
            throw atEntry(error, index);
          }),
        );
      }
      return { licenses };
    });

async function issueLicense(
  deps: Dependencies,
  tx: Repositories,
  request: RequestContext,
  { product_id, ...fields }: Fields,
): Promise<License> {
  const { now, actor } = request;
  const { account_id } = actor;
  const product = await tx.products.find(account_id, product_id);
  if (!product) throw notFound('product');
  refuseArchived(product);
  if (fields.customer_id && !(await tx.customers.find(account_id, fields.customer_id)))
    throw notFound('customer');

  const origin = { id: deps.newId('license', now), account_id, now, keys: deps.licenseKeys };
  const { license, key } = newLicense(fields, product, origin);
  await tx.licenses.insert(license);
  await recordLicenseEvent(tx, request, 'license.created', license);
  await tx.audit.record(request, {
    action: 'license.created',
    target_id: license.id,
    after: licenseView(license, now),
  });
  return licenseView(license, now, key);
}

function refuseArchived({ status }: Pick<Product, 'status'>): void {
  if (status === 'archived') {
    throw conflict('product_archived', 'The product is archived; no new licenses are issued for it.');
  }
}

function atEntry(error: unknown, index: number): unknown {
  if (!(error instanceof AppError)) return error;
  const { code, details } = error;
  if (Array.isArray(details)) {
    const moved = details.map((detail) => ({ ...detail, path: `licenses.${index}.${detail.path}` }));
    return new AppError(code, { message: error.message, details: moved });
  }
  return new AppError(code, { message: `Entry ${index}: ${error.message}`, details: { ...details, index } });
}
