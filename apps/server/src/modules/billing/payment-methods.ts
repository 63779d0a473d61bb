import type {
  createPaymentMethod as createContract,
  deletePaymentMethod as deleteContract,
  listPaymentMethods as listContract,
} from '@thrivetech/contracts';
import { AppError, conflict, invalid, notFound } from '../../platform/app-error.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { accountOf, type Billing, onTheWay, providerFor } from './billing-context.ts';
import { askForBilling } from './jobs.ts';
import { methodsMax } from './payment-method.repository.ts';
import { type PaymentMethodRecord, paymentMethodView } from './payment-method.ts';
import type { MethodDescription, PaymentProvider } from './providers/provider.ts';
import { tryOpenInvoices } from './try-open-invoices.ts';

export const listPaymentMethods =
  (billing: Billing): UseCaseOf<typeof listContract> =>
  async (request) => {
    const { account_id } = request.actor;
    const provider = await providerFor(billing, account_id);
    const methods = await billing.uow.read.paymentMethods.list(account_id, provider.name);
    return methods.map((method, index) => paymentMethodView(method, index === 0));
  };

export const createPaymentMethod =
  (billing: Billing): UseCaseOf<typeof createContract> =>
  async (request, { token, return_url }) => {
    if (token !== undefined) {
      const method = await addPaymentMethod(billing, request, token);
      return { payment_method: paymentMethodView(method, true), set_up_url: null };
    }
    const { provider, customer_ref } = await customerOf(billing, request);
    if (return_url === undefined) throw invalid('return_url', 'is needed where there is no token');
    const page = await provider.setUpPage(customer_ref, return_url);
    if (!page)
      throw conflict('no_set_up_page', 'This payment provider has no page of its own; send a token.');
    return { payment_method: null, set_up_url: page.url };
  };

export const deletePaymentMethod =
  (billing: Billing): UseCaseOf<typeof deleteContract> =>
  async (request, { paymentMethodId }) => {
    const { account_id } = request.actor;
    const method = await namedMethod(billing, request, paymentMethodId);
    await billing.uow.run(request, async (tx) => {
      await tx.paymentMethods.remove(account_id, method.id, request.now);
      await tx.audit.record(request, {
        action: 'payment_method.deleted',
        target_id: method.id,
        before: paymentMethodView(method, false),
      });
    });
    // Ours is gone whatever the provider says: nothing is charged to it any more.
    const provider = await providerFor(billing, account_id);
    if (provider.collects && provider.name === method.provider)
      await provider.detachMethod(method.provider_ref).catch(() => {});
    return { id: method.id, deleted: true as const };
  };

/** @throws {AppError} RESOURCE_NOT_FOUND, or VALIDATION_ERROR where a field named it. */
export async function namedMethod(
  { uow }: Pick<Billing, 'uow'>,
  { actor }: RequestContext,
  id: string,
  field?: string,
): Promise<PaymentMethodRecord> {
  const method = await uow.read.paymentMethods.find(actor.account_id, id);
  if (method) return method;
  throw field === undefined
    ? notFound('payment method')
    : invalid(field, 'is no payment method of the account');
}

/**
 * Adds what a token of the provider stands for. It is the default from now on, and open invoices are tried with it.
 *
 * @throws {AppError} PAYMENT_REQUIRED when the provider refuses it; CONFLICT where there are too many, or the provider
 *   takes none.
 */
export async function addPaymentMethod(
  billing: Billing,
  request: RequestContext,
  token: string,
): Promise<PaymentMethodRecord> {
  const { account_id } = request.actor;
  const { provider, customer_ref } = await customerOf(billing, request);
  const methods = await billing.uow.read.paymentMethods.list(account_id, provider.name);
  if (methods.length >= methodsMax) {
    throw conflict('too_many_payment_methods', `There are ${methodsMax} payment methods; remove one first.`);
  }
  const attached = await provider.attachMethod(customer_ref, token);
  if (attached.status === 'declined') {
    throw new AppError('PAYMENT_REQUIRED', {
      message: 'The payment provider refuses this payment method.',
      details: { reason: 'declined', failure_code: attached.code },
    });
  }
  return keepMethod(billing, request, provider, attached.method);
}

/** Notes a method that lies at the provider now, once; it is the default from then on. */
export function keepMethod(
  billing: Billing,
  request: RequestContext,
  provider: Pick<PaymentProvider, 'name'>,
  { ref, ...description }: MethodDescription,
): Promise<PaymentMethodRecord> {
  const { account_id } = request.actor;
  const { now } = request;
  return billing.uow.run(onTheWay(request), async (tx) => {
    await tx.accounts.findForUpdate(account_id);
    const methods = await tx.paymentMethods.list(account_id, provider.name);
    const rank = (methods[0]?.rank ?? 0) + 1;
    const known = methods.find(({ provider_ref }) => provider_ref === ref);
    const method: PaymentMethodRecord = known
      ? { ...known, rank }
      : {
          ...{
            id: billing.newId('payment_method', now),
            account_id,
            provider: provider.name,
            provider_ref: ref,
          },
          ...description,
          ...{ rank, created_at: now, removed_at: null },
        };
    if (known) await tx.paymentMethods.setRank(account_id, known.id, rank);
    else {
      await tx.paymentMethods.insert(method);
      await tx.audit.record(request, {
        action: 'payment_method.created',
        target_id: method.id,
        after: paymentMethodView(method, true),
      });
    }
    if (await tryOpenInvoices(tx, account_id, now)) await askForBilling(billing, tx.jobs, account_id);
    return method;
  });
}

/** Who the account is at its provider; made there when it was not yet. */
async function customerOf(billing: Billing, request: RequestContext) {
  const { account_id } = request.actor;
  const account = await accountOf(billing.uow.read, account_id);
  const provider = billing.providerOf(account);
  if (!provider.collects) {
    throw conflict('no_payment_methods', 'Payments go to the operator of this server, who notes them.');
  }
  const profile = await billing.uow.read.billingProfiles.find(account_id);
  if (profile.provider === provider.name && profile.customer_ref !== null) {
    return { provider, customer_ref: profile.customer_ref };
  }
  const { ref } = await provider.createCustomer(account);
  await billing.uow.run(onTheWay(request), async (tx) => {
    const current = await tx.billingProfiles.findForUpdate(account_id);
    await tx.billingProfiles.replace({ ...current, provider: provider.name, customer_ref: ref });
  });
  return { provider, customer_ref: ref };
}
