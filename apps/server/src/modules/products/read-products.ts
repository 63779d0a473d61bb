import {
  type getProduct as getContract,
  type listProducts as listContract,
  mapPage,
} from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { ProductRepository } from './product.repository.ts';
import { productView } from './product.ts';

interface Dependencies {
  uow: UnitOfWork<{ products: ProductRepository }>;
}

export const getProduct =
  ({ uow }: Dependencies): UseCaseOf<typeof getContract> =>
  async (request, { productId }) => {
    const product = await uow.read.products.find(request.actor.account_id, productId);
    if (!product) throw notFound('product');
    return productView(product);
  };

export const listProducts =
  ({ uow }: Dependencies): UseCaseOf<typeof listContract> =>
  async (request, filter) =>
    mapPage(await uow.lagging.products.page(request.actor.account_id, filter), productView);
