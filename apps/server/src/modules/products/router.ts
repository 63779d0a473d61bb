import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { createProduct } from './create-product.ts';
import { deleteProduct } from './delete-product.ts';
import { getProduct, listProducts } from './read-products.ts';
import { updateProduct } from './update-product.ts';

type Dependencies = Parameters<typeof createProduct>[0] & Parameters<typeof deleteProduct>[0];

export const productsRouter = (procedure: ProcedureBuilder, deps: Dependencies) =>
  t.router({
    list: procedure.query(contracts.listProducts, listProducts(deps)),
    create: procedure.mutation(contracts.createProduct, createProduct(deps)),
    get: procedure.query(contracts.getProduct, getProduct(deps)),
    update: procedure.mutation(contracts.updateProduct, updateProduct(deps)),
    delete: procedure.mutation(contracts.deleteProduct, deleteProduct(deps)),
  });
