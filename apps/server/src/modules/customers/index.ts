export {
  type CustomerRepository,
  createCustomerRepository,
  customerIdsMatching,
} from './customer.repository.ts';
export { customersRouter } from './router.ts';
