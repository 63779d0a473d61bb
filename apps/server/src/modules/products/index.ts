export { createProductRepository, type ProductRepository } from './product.repository.ts';
export { newProduct, type ProductRecord } from './product.ts';
export { productsRouter } from './router.ts';
