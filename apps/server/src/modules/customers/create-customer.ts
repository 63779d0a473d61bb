import type { createCustomer as contract } from '@thrivetech/contracts';
import { conflict } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { CustomerRepository } from './customer.repository.ts';
import { type CustomerRecord, customerView, newCustomer } from './customer.ts';

export function createCustomer(deps: {
  uow: UnitOfWork<{ customers: CustomerRepository; usage: UsageRepository; audit: AuditLog }>;
  newId: NewId;
}): UseCaseOf<typeof contract> {
  return (request, input) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const customer = newCustomer(input, {
        id: deps.newId('customer', now),
        account_id: actor.account_id,
        now,
      });
      await refuseTakenEmail(tx.customers, customer);
      await tx.customers.insert(customer);
      await tx.usage.countMore(request, 'customers');
      const view = customerView(customer);
      await tx.audit.record(request, { action: 'customer.created', target_id: customer.id, after: view });
      return view;
    });
}

/** @throws {AppError} CONFLICT when another customer of the account has this e-mail address, in any case. */
export async function refuseTakenEmail(
  customers: CustomerRepository,
  customer: CustomerRecord,
): Promise<void> {
  const owner = await customers.findByEmail(customer.account_id, customer.email);
  if (owner && owner.id !== customer.id) {
    throw conflict('customer_email_taken', `The e-mail address is that of customer ${owner.id} already.`);
  }
}
