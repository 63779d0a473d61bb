import type { updateCustomer as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { refuseStaleVersion } from '../../platform/version-guard.ts';
import type { AuditLog } from '../audit/index.ts';
import { refuseTakenEmail } from './create-customer.ts';
import type { CustomerRepository } from './customer.repository.ts';
import { changeCustomer, customerView } from './customer.ts';

export function updateCustomer(deps: {
  uow: UnitOfWork<{ customers: CustomerRepository; audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { customerId, version, ...changes }) =>
    deps.uow.run(request, async (tx) => {
      const customer = await tx.customers.findForUpdate(request.actor.account_id, customerId);
      if (!customer) throw notFound('customer');
      refuseStaleVersion(customer, version);
      const changed = changeCustomer(customer, changes, request.now);
      await refuseTakenEmail(tx.customers, changed);
      await tx.customers.replace(changed);
      const view = customerView(changed);
      await tx.audit.record(request, {
        action: 'customer.updated',
        target_id: customer.id,
        before: customerView(customer),
        after: view,
      });
      return view;
    });
}
