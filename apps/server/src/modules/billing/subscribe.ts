import { type subscribe as contract, idPrefixes } from '@thrivetech/contracts';
import { conflict } from '../../platform/app-error.ts';
import { dayMs } from '../../platform/clock.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { type Billing, type BillingRepositories, onTheWay } from './billing-context.ts';
import { changeSubscription, recordSubscriptionEvent } from './change-subscription.ts';
import { choosePlan } from './choose-plan.ts';
import { collectInvoice, refuseUnpaid } from './collect-invoice.ts';
import { addPaymentMethod, namedMethod } from './payment-methods.ts';
import { showSubscription } from './read-subscription.ts';
import { newSubscription, type SubscriptionRecord, subscriptionView } from './subscription.ts';
import { isLive, transition } from './subscription-states.ts';
import { writePeriodInvoice } from './take-step.ts';

type Input = Parameters<UseCaseOf<typeof contract>>[1];

export const subscribe =
  (billing: Billing): UseCaseOf<typeof contract> =>
  async (request, input) => {
    const { uow } = billing;
    const { account_id } = request.actor;
    await refuseSubscribed(uow.read, account_id);
    await choosePlan(billing, uow.read, account_id, { ...input, currency: null });
    const method = await paymentMethod(billing, request, input.payment_method);
    const { subscription, invoice_id } = await uow.run(onTheWay(request), (tx) =>
      begin(billing, tx, request, input),
    );
    if (invoice_id !== null && subscription.status === 'incomplete') {
      const collected = await collectInvoice(billing, request, invoice_id, { is_present: true, method });
      refuseUnpaid(collected, invoice_id);
    }
    const now = await uow.read.subscriptions.findCurrent(account_id);
    return showSubscription(uow.read, now ?? subscription);
  };

/** A method of the account, or a new one that a token of the provider stands for. */
function paymentMethod(billing: Billing, request: RequestContext, named: string | undefined) {
  if (named === undefined) return undefined;
  return named.startsWith(`${idPrefixes.payment_method}_`)
    ? namedMethod(billing, request, named, 'payment_method')
    : addPaymentMethod(billing, request, named);
}

/** @throws {AppError} CONFLICT */
async function refuseSubscribed(
  { subscriptions }: Pick<BillingRepositories, 'subscriptions'>,
  account_id: string,
): Promise<void> {
  const current = await subscriptions.findCurrent(account_id);
  if (!current || !isLive(current.status)) return;
  if (current.status === 'incomplete') {
    throw conflict('first_payment_open', 'The first payment is open: pay its invoice, or cancel first.');
  }
  throw conflict('already_subscribed', 'There is a subscription already; upgrade or downgrade it.');
}

async function begin(
  billing: Billing,
  tx: BillingRepositories,
  request: RequestContext,
  { plan_code, interval }: Input,
): Promise<{ subscription: SubscriptionRecord; invoice_id: string | null }> {
  const { now, actor } = request;
  const { account_id } = actor;
  // One at a time for an account: of two at once, the second sees the first.
  await tx.accounts.findForUpdate(account_id);
  await refuseSubscribed(tx, account_id);
  const profile = await tx.billingProfiles.findForUpdate(account_id);
  const currency = profile.credit_balance > 0 ? profile.credit_currency : null;
  const { plan, priced } = await choosePlan(billing, tx, account_id, { plan_code, interval, currency });

  const isTrial = plan.trial_days > 0 && profile.trial_used_at === null;
  const trialEnd = isTrial ? now + plan.trial_days * dayMs : null;
  if (isTrial) await tx.billingProfiles.replace({ ...profile, trial_used_at: now });
  const id = billing.newId('subscription', now);
  const subscription = newSubscription(priced, { id, account_id, now, trialEnd });
  await tx.subscriptions.insert(subscription);
  await tx.usage.closePeriod(account_id, now, subscription.anchor_at);
  await tx.accounts.change(account_id, {
    subscription_id: id,
    ...(isTrial && { plan_code: subscription.plan_code }),
  });
  const view = subscriptionView(subscription, null);
  await tx.audit.record(request, { action: 'subscription.created', target_id: id, after: view });
  if (isTrial) {
    recordSubscriptionEvent(tx, request, 'subscription.created', subscription);
    return { subscription, invoice_id: null };
  }
  const invoice = await writePeriodInvoice(billing, tx, request, subscription, 'subscription_create');
  const isPaid = invoice.status === 'paid';
  const begun = isPaid ? { ...subscription, status: transition('incomplete', 'paid') } : subscription;
  const saved = isPaid
    ? await changeSubscription(tx, request, subscription, begun, 'subscription.paid')
    : subscription;
  recordSubscriptionEvent(tx, request, 'subscription.created', saved);
  return { subscription: saved, invoice_id: invoice.id };
}
