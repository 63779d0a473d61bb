import type { eraseCustomer as contract, Event } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { Outbox } from '../../platform/events/outbox.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditRepository } from '../audit/index.ts';
import type { EventRepository } from '../events/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { CustomerRepository } from './customer.repository.ts';

/** What the licenses slice does for an erasure. */
interface LicensesOfCustomer {
  /** Takes the customer and all free text off the licenses, and names off their devices. */
  erasePersonalData(
    account_id: string,
    customer_id: string,
  ): Promise<{ license_ids: string[]; device_ids: string[] }>;
}

export interface ErasureRepositories {
  customers: CustomerRepository;
  personalData: LicensesOfCustomer;
  events: EventRepository;
  outbox: Pick<Outbox, 'settle'>;
  deliveries: { forgetAnswers(account_id: string, eventIds: readonly string[]): Promise<void> };
  usage: UsageRepository;
  audit: AuditRepository;
  idempotency: { forget(account_id: string, procedurePrefixes: readonly string[]): Promise<void> };
}

/**
 * Removes a person from every table, and keeps what the vendor sold: licenses go on working, and belong to nobody.
 * The audit log says that somebody was erased, by whom and when, and no more.
 */
export function eraseCustomer(deps: { uow: UnitOfWork<ErasureRepositories> }): UseCaseOf<typeof contract> {
  return async (request, { customerId }) => {
    const erased = await deps.uow.run(request, (tx) => erase(tx, request, customerId));
    await deps.uow.scrub();
    return erased;
  };
}

async function erase(tx: ErasureRepositories, request: RequestContext, customerId: string) {
  const { account_id } = request.actor;
  const customer = await tx.customers.findForUpdate(account_id, customerId);
  if (!customer) throw notFound('customer');

  const { license_ids, device_ids } = await tx.personalData.erasePersonalData(account_id, customerId);
  await tx.customers.remove(account_id, customerId);
  tx.usage.countLess(account_id, 'customers');
  // What shares this commit may have recorded events that still wait to be written.
  await tx.outbox.settle();
  const rewritten = await tx.events.rewriteNaming(account_id, customerId, withoutPerson);
  await tx.deliveries.forgetAnswers(account_id, rewritten);
  await tx.audit.eraseContents(account_id, customerId, [customerId, ...license_ids, ...device_ids]);
  // Stored answers are encrypted, so nobody can look for the person in them: all that may name one go.
  await tx.idempotency.forget(account_id, ['customers.', 'licenses.']);
  await tx.audit.record(request, {
    action: 'customer.erased',
    target_id: customerId,
    after: { licenses_kept: license_ids.length },
  });
  return { id: customerId, erased: true as const, licenses_kept: license_ids.length };
}

/** An event of a license without whom it was about. */
function withoutPerson(event: Event): Event {
  const { license, device, ...data } = event.data as Record<string, Record<string, unknown> | undefined>;
  return {
    ...event,
    data: {
      ...data,
      customer_id: null,
      customer_email: null,
      ...(license && { license: { ...license, customer_id: null, notes: null, metadata: {} } }),
      ...(device && { device: { ...device, name: null } }),
    },
  };
}
