import type { updateProduct as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { refuseStaleVersion } from '../../platform/version-guard.ts';
import type { AuditLog } from '../audit/index.ts';
import { refuseTakenCode } from './create-product.ts';
import type { ProductRepository } from './product.repository.ts';
import { changeProduct, productView } from './product.ts';

export function updateProduct(deps: {
  uow: UnitOfWork<{ products: ProductRepository; audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { productId, version, ...changes }) =>
    deps.uow.run(request, async (tx) => {
      const product = await tx.products.findForUpdate(request.actor.account_id, productId);
      if (!product) throw notFound('product');
      refuseStaleVersion(product, version);
      const changed = changeProduct(product, changes, request.now);
      await refuseTakenCode(tx.products, changed);
      await tx.products.replace(changed);
      const view = productView(changed);
      await tx.audit.record(request, {
        action: 'product.updated',
        target_id: product.id,
        before: productView(product),
        after: view,
      });
      return view;
    });
}
