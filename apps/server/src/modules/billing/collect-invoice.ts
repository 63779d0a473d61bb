import { AppError } from '../../platform/app-error.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import { type Billing, type BillingRepositories, providerFor } from './billing-context.ts';
import { firstPaymentExpiresAt, nextPollAt } from './dunning.ts';
import type { InvoiceRecord } from './invoice.ts';
import { lockInvoice } from './lock-invoice.ts';
import { newPayment, type PaymentRecord, paymentRequest } from './payment.ts';
import type { PaymentMethodRecord } from './payment-method.ts';
import type { PaymentOutcome, PaymentProvider } from './providers/provider.ts';
import { becomePastDue, settlePayment } from './settle-payment.ts';

/** Polls after which a payment that the provider has never heard of is asked for once more, under its old key. */
const pollsBeforeRepeat = 3;

/** How a try to pay an invoice stands. */
export type Collected =
  | { readonly status: 'paid' | 'no_method' | 'by_operator' }
  | { readonly status: PaymentRecord['status']; readonly payment: PaymentRecord };

/** Notes a payment before the provider hears of it: whatever happens afterwards, there is something to ask it about. */
export async function beginPayment(
  billing: Pick<Billing, 'newId'>,
  tx: BillingRepositories,
  invoice: InvoiceRecord,
  by: { method: PaymentMethodRecord; customer_ref: string; is_present: boolean; now: number },
): Promise<PaymentRecord> {
  const { method, customer_ref, is_present, now } = by;
  const payment: PaymentRecord = {
    ...newPayment(invoice, { id: billing.newId('payment', now), provider: method.provider, now }),
    ...{ customer_ref, method_ref: method.provider_ref, is_present, poll_at: nextPollAt(now, 0) },
  };
  const payment_attempts = invoice.payment_attempts + 1;
  await tx.invoices.replace({ ...invoice, payment_attempts, next_attempt_at: null });
  await tx.payments.insert(payment);
  return payment;
}

/** What a try begins with: a payment that the provider has not heard of, one that has not ended, or nothing to do. */
type Begun =
  | { readonly fresh: PaymentRecord }
  | { readonly open: PaymentRecord }
  | { readonly ended: Collected };

/**
 * Tries to get an invoice paid. At most one payment of it is under way, and none is begun while another may still move
 * money.
 *
 * @param by.is_present is the payer there to confirm?
 * @param by.method the default one when left out.
 */
export async function collectInvoice(
  billing: Billing,
  request: RequestContext,
  invoice_id: string,
  by: { is_present: boolean; method?: PaymentMethodRecord | undefined },
): Promise<Collected> {
  const begun = await begin(billing, request, invoice_id, by);
  if ('ended' in begun) return begun.ended;
  if ('fresh' in begun) return chargePayment(billing, request, begun.fresh);
  const { open } = begun;
  const standing = await resolvePayment(billing, request, open, by.is_present);
  // It waits for a payer who may never come, or with a method that is not wanted any more: it makes room.
  const isInTheWay = !by.is_present || (by.method && by.method.provider_ref !== open.method_ref);
  if (standing.status !== 'requires_action' || !isInTheWay) return standing;
  await abandonPayment(billing, request, open);
  const again = await begin(billing, request, invoice_id, by);
  if ('fresh' in again) return chargePayment(billing, request, again.fresh);
  return 'ended' in again ? again.ended : { status: again.open.status, payment: again.open };
}

async function begin(
  billing: Billing,
  request: RequestContext,
  invoice_id: string,
  by: { is_present: boolean; method?: PaymentMethodRecord | undefined },
): Promise<Begun> {
  const { account_id } = request.actor;
  const provider = await providerFor(billing, account_id);
  return billing.uow.runInternal(async (tx): Promise<Begun> => {
    const locked = await lockInvoice(tx, account_id, invoice_id);
    if (!locked) throw new Error(`There is no invoice ${invoice_id}.`);
    const { subscription, invoice } = locked;
    if (invoice.status !== 'open' && invoice.status !== 'uncollectible') return { ended: { status: 'paid' } };
    const open = await tx.payments.findOpen(account_id, invoice_id);
    if (open) {
      // What becomes of it says when to try again; due as it is, the invoice would be tried without an end.
      if (!by.is_present) await tx.invoices.replace({ ...invoice, next_attempt_at: null });
      return { open };
    }
    const method = by.method ?? (await tx.paymentMethods.findDefault(account_id, provider.name));
    if (!provider.collects || !method) {
      await tx.invoices.replace({ ...invoice, next_attempt_at: null });
      if (invoice.kind === 'subscription_cycle') await becomePastDue(tx, request, subscription, invoice);
      return { ended: { status: provider.collects ? 'no_method' : 'by_operator' } };
    }
    const profile = await tx.billingProfiles.find(account_id);
    const fresh = await beginPayment(billing, tx, invoice, {
      ...{ method, is_present: by.is_present, now: request.now },
      customer_ref: profile.customer_ref ?? '',
    });
    return { fresh };
  });
}

/** Gives up a payment that waits for its payer; had it succeeded meanwhile, that counts. */
export async function abandonPayment(
  billing: Billing,
  request: RequestContext,
  payment: PaymentRecord,
): Promise<Collected> {
  const provider = await providerOfPayment(billing, payment);
  const outcome = (await provider?.cancelPayment(paymentRequest(payment))) ?? notAsked;
  return settled(billing, request, payment, outcome, true);
}

/** Asks the provider for the money, and writes what it says. */
export async function chargePayment(
  billing: Billing,
  request: RequestContext,
  payment: PaymentRecord,
  asked = false,
): Promise<Collected> {
  const provider = await providerOfPayment(billing, payment);
  const outcome = (await provider?.charge(paymentRequest(payment))) ?? notAsked;
  return settled(billing, request, payment, outcome, asked);
}

/**
 * Finds out how a payment stands that has not ended.
 *
 * @param isUrgent somebody waits: one that the provider has never heard of is asked for again, under the same key, and
 *   one that waits for a payer who may not come is given up, so that another can be tried.
 */
export async function resolvePayment(
  billing: Billing,
  request: RequestContext,
  payment: PaymentRecord,
  isUrgent: boolean,
): Promise<Collected> {
  const provider = await providerOfPayment(billing, payment);
  const found = provider ? await provider.getPayment(paymentRequest(payment)) : notAsked;
  if (found?.status === 'requires_action' && !isUrgent && (await isForNothing(billing, request, payment))) {
    return abandonPayment(billing, request, payment);
  }
  if (found) return settled(billing, request, payment, found, true);
  if (isUrgent || payment.polls >= pollsBeforeRepeat) return chargePayment(billing, request, payment, true);
  return settled(billing, request, payment, { status: 'unknown' }, true);
}

/** Who has the payment; null: the operator has changed the provider since, and nobody is left to ask. */
async function providerOfPayment(
  billing: Billing,
  { account_id, provider: name }: PaymentRecord,
): Promise<PaymentProvider | null> {
  const provider = await providerFor(billing, account_id);
  return provider.name === name ? provider : null;
}
const notAsked: PaymentOutcome = { status: 'unknown' };

/** Nobody needs to confirm it any more: its invoice is gone, or the change of plan that it pays is too old. */
async function isForNothing(
  { uow }: Billing,
  { now }: RequestContext,
  { account_id, invoice_id, created_at }: PaymentRecord,
): Promise<boolean> {
  const invoice = await uow.read.invoices.find(account_id, invoice_id);
  if (invoice?.status === 'draft') return now >= firstPaymentExpiresAt(created_at);
  return invoice?.status !== 'open';
}

async function settled(
  billing: Billing,
  request: RequestContext,
  { account_id, id }: PaymentRecord,
  outcome: PaymentOutcome,
  asked: boolean,
): Promise<Collected> {
  await settlePayment(billing, request, id, outcome, asked);
  const payment = await billing.uow.read.payments.find(account_id, id);
  if (!payment) throw new Error(`The payment ${id} is gone.`);
  return payment.status === 'succeeded' ? { status: 'paid' } : { status: payment.status, payment };
}

/** @throws {AppError} PAYMENT_REQUIRED that says what stands in the way, unless the money is in. */
export function refuseUnpaid(collected: Collected, invoice_id: string): void {
  if (collected.status === 'paid' || collected.status === 'succeeded') return;
  const payment = 'payment' in collected ? collected.payment : null;
  throw new AppError('PAYMENT_REQUIRED', {
    details: {
      ...{ reason: reasons[collected.status], invoice_id },
      ...(payment && { payment_id: payment.id }),
      ...(payment?.failure_code && { failure_code: payment.failure_code }),
      ...(payment?.action_url && { url: payment.action_url }),
    },
  });
}

const reasons = {
  no_method: 'no_payment_method',
  by_operator: 'paid_to_operator',
  pending: 'payment_pending',
  unknown: 'payment_pending',
  requires_action: 'requires_action',
  failed: 'declined',
} as const satisfies Record<Exclude<Collected['status'], 'paid' | 'succeeded'>, string>;
