export { createProductRepository, type ProductRepository } from './product.repository.ts';
export { changeProduct, newProduct, type ProductRecord, productView } from './product.ts';
export { productsRouter } from './router.ts';
