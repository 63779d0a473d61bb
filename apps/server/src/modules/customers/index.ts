export {
  type CustomerRepository,
  createCustomerRepository,
  customerIdsMatching,
} from './customer.repository.ts';
export { type CustomerRecord, newCustomer } from './customer.ts';
export { customersRouter } from './router.ts';
