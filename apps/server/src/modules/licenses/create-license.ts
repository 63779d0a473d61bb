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
import type { UsageRepository } from '../usage/index.ts';
import type { LicenseRepository } from './license.repository.ts';
import { isCounted, type LicenseRecord, licenseView } from './license.ts';
import { type EventSources, recordLicenseEvent } from './license-events.ts';
import type { LicenseKeys } from './license-keys.ts';
import { newLicense } from './new-license.ts';

type Repositories = EventSources & {
  licenses: LicenseRepository;
  products: ProductRepository;
  usage: UsageRepository;
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
    deps.uow.run(request, async (tx) => {
      const issued = await writeLicense(deps, tx, request, fields);
      return tellOf(tx, request, issued);
    });

/** All or none: the first fault names its entry and takes back the ones before it. */
export const createLicenses =
  (deps: Dependencies): UseCaseOf<typeof bulkContract> =>
  (request, input) =>
    deps.uow.run(request, async (tx) => {
      // All rows before the first is counted: the counters are locked last.
      const issued = await eachEntry(input.licenses, (fields) => writeLicense(deps, tx, request, fields));
      return { licenses: await eachEntry(issued, (one) => tellOf(tx, request, one)) };
    });

interface Issued {
  readonly license: LicenseRecord;
  readonly key: string;
}

async function writeLicense(
  deps: Dependencies,
  tx: Repositories,
  request: RequestContext,
  { product_id, ...fields }: Fields,
): Promise<Issued> {
  const { now, actor } = request;
  const { account_id } = actor;
  const product = await tx.products.find(account_id, product_id);
  if (!product) throw notFound('product');
  refuseArchived(product);
  if (fields.customer_id && !(await tx.customers.find(account_id, fields.customer_id)))
    throw notFound('customer');

  const origin = { id: deps.newId('license', now), account_id, now, keys: deps.licenseKeys };
  const issued = newLicense(fields, product, origin);
  await tx.licenses.insert(issued.license);
  return issued;
}

async function tellOf(tx: Repositories, request: RequestContext, { license, key }: Issued): Promise<License> {
  const { now } = request;
  if (isCounted(license)) await tx.usage.countMore(request, 'licenses');
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

/** One after the other; a fault names its entry. */
async function eachEntry<Entry, Result>(
  entries: readonly Entry[],
  work: (entry: Entry) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (const [index, entry] of entries.entries()) {
    results.push(
      await work(entry).catch((error: unknown) => {
        throw atEntry(error, index);
      }),
    );
  }
  return results;
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
