import type { Clock } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { Outbox } from '../../platform/events/outbox.ts';
import type { NewId } from '../../platform/ids.ts';
import type { JobQueue } from '../../platform/jobs/job-queue.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { AccountRecord, AccountRepository } from '../accounts/index.ts';
import type { AuditLog } from '../audit/index.ts';
import type { PlanCatalogue } from '../plans/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { BillingProfileRepository } from './billing-profile.repository.ts';
import type { InvoiceRepository } from './invoice.repository.ts';
import type { InvoiceParty } from './invoice.ts';
import type { PaymentRepository } from './payment.repository.ts';
import type { PaymentMethodRepository } from './payment-method.repository.ts';
import type { PlanContractRepository } from './plan-contract.repository.ts';
import type { PaymentProvider } from './providers/provider.ts';
import type { SubscriptionRepository } from './subscription.repository.ts';

/** What a billing transaction reads and writes. */
export interface BillingRepositories {
  readonly accounts: AccountRepository;
  readonly subscriptions: SubscriptionRepository;
  readonly invoices: InvoiceRepository;
  readonly payments: PaymentRepository;
  readonly paymentMethods: PaymentMethodRepository;
  readonly billingProfiles: BillingProfileRepository;
  readonly planContracts: PlanContractRepository;
  readonly usage: UsageRepository;
  readonly outbox: Outbox;
  readonly audit: AuditLog;
  readonly jobs: JobQueue;
}

/** What all of billing stands on. */
export interface Billing {
  readonly uow: UnitOfWork<BillingRepositories>;
  readonly newId: NewId;
  /** Real time; what is said of an account is said at the account's own. */
  readonly clock: Clock;
  readonly plans: PlanCatalogue;
  /** Who moves an account's money. A test account never meets the real one. */
  readonly providerOf: (account: Pick<AccountRecord, 'test_now'>) => PaymentProvider;
  /** Who invoices. */
  readonly seller: InvoiceParty;
  /** May an admin key say that money has come in another way? Where the operator hosts others, only the operator may. */
  readonly adminMarksPaid: boolean;
}

/** Who moves the money of an account. */
export const providerFor = async (
  { uow, providerOf }: Pick<Billing, 'uow' | 'providerOf'>,
  account_id: string,
): Promise<PaymentProvider> => providerOf(await accountOf(uow.read, account_id));

/**
 * The same request for a step on the way: its answer is not yet that of the operation, which is stored under the
 * idempotency key at the end.
 */
export function onTheWay({ idempotency: _claim, ...request }: RequestContext): RequestContext {
  return request;
}

/** @throws {Error} when there is no such account: somebody has an API key of one that is gone. */
export async function accountOf(
  repositories: Pick<BillingRepositories, 'accounts'>,
  account_id: string,
): Promise<AccountRecord> {
  const account = await repositories.accounts.find(account_id);
  if (!account) throw new Error(`There is no account ${account_id}.`);
  return account;
}
