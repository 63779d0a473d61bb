export {
  type CustomerRepository,
  createCustomerRepository,
  customerIdsMatching,
  whereCustomerMatches,
} from './customer.repository.ts';
export { type CustomerRecord, customerView, newCustomer } from './customer.ts';
export { customersRouter } from './router.ts';
