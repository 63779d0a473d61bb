import type { deleteProduct as contract } from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { ProductRepository } from './product.repository.ts';
import { productView } from './product.ts';

/** Says whether a product still has licenses. The licenses slice knows. */
interface LicensesOfProduct {
  existForProduct(account_id: string, product_id: string): Promise<boolean>;
}

export function deleteProduct(deps: {
  uow: UnitOfWork<{
    products: ProductRepository;
    licenses: LicensesOfProduct;
    usage: UsageRepository;
    audit: AuditLog;
  }>;
}): UseCaseOf<typeof contract> {
  return (request, { productId }) =>
    deps.uow.run(request, async (tx) => {
      const { account_id } = request.actor;
      const product = await tx.products.findForUpdate(account_id, productId);
      if (!product) throw notFound('product');
      // A license that is being created right now is stopped by its foreign key.
      if (await tx.licenses.existForProduct(account_id, productId)) {
        throw conflict(
          'product_has_licenses',
          'The product has licenses; retire it with status "archived" instead.',
        );
      }
      await tx.products.remove(account_id, productId);
      tx.usage.countLess(account_id, 'products');
      await tx.audit.record(request, {
        action: 'product.deleted',
        target_id: productId,
        before: productView(product),
      });
      return { id: productId, deleted: true as const };
    });
}
