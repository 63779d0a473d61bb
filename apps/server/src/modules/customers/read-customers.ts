import {
  type getCustomer as getContract,
  type listCustomers as listContract,
  mapPage,
} from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { CustomerRepository } from './customer.repository.ts';
import { customerView } from './customer.ts';

interface Dependencies {
  uow: UnitOfWork<{ customers: CustomerRepository }>;
}

export const getCustomer =
  ({ uow }: Dependencies): UseCaseOf<typeof getContract> =>
  async (request, { customerId }) => {
    const customer = await uow.read.customers.find(request.actor.account_id, customerId);
    if (!customer) throw notFound('customer');
    return customerView(customer);
  };

export const listCustomers =
  ({ uow }: Dependencies): UseCaseOf<typeof listContract> =>
  async (request, filter) =>
    mapPage(await uow.lagging.customers.page(request.actor.account_id, filter), customerView);
