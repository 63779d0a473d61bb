import type { createProduct as contract } from '@thrivetech/contracts';
import { conflict } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { ProductRepository } from './product.repository.ts';
import { newProduct, productView } from './product.ts';

export function createProduct(deps: {
  uow: UnitOfWork<{ products: ProductRepository; usage: UsageRepository; audit: AuditLog }>;
  newId: NewId;
}): UseCaseOf<typeof contract> {
  return (request, input) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const product = newProduct(input, {
        id: deps.newId('product', now),
        account_id: actor.account_id,
        now,
      });
      await refuseTakenCode(tx.products, product);
      await tx.products.insert(product);
      await tx.usage.countMore(request, 'products');
      const view = productView(product);
      await tx.audit.record(request, { action: 'product.created', target_id: product.id, after: view });
      return view;
    });
}

/** @throws {AppError} CONFLICT when another product of the account has this code. */
export async function refuseTakenCode(
  products: ProductRepository,
  product: { account_id: string; id: string; code: string | null },
): Promise<void> {
  if (product.code === null) return;
  const owner = await products.findByCode(product.account_id, product.code);
  if (owner && owner.id !== product.id) {
    throw conflict('product_code_taken', `The product code "${product.code}" is taken by ${owner.id}.`);
  }
}
