import { type RequestContext, systemRequest } from '../../platform/request-context.ts';
import { accountOf, type Billing, type BillingRepositories } from './billing-context.ts';
import { changeSubscription, giveUpInvoices, recordSubscriptionEvent } from './change-subscription.ts';
import { applyCredit, finalizeInvoice } from './finalize-invoice.ts';
import { buyerOf, draftInvoice, periodLine } from './invoice.ts';
import { pricedPlan } from './plan-price.ts';
import { afterPaid, closeUsage } from './settle-payment.ts';
import {
  type DueStep,
  nextPeriod,
  nextStep,
  type PricedPlan,
  requirePrice,
  type SubscriptionRecord,
} from './subscription.ts';
import { transition } from './subscription-states.ts';

/**
 * Does the next thing that is due by itself in an account's subscription, in one transaction: of two that try, the
 * second finds it done.
 *
 * @param at the time at which it happens, for the account.
 */
export function takeStep(billing: Billing, account_id: string, at: number): Promise<void> {
  return billing.uow.runInternal(async (tx) => {
    const subscription = await tx.subscriptions.findCurrentForUpdate(account_id);
    const due = subscription && nextStep(subscription);
    if (!due || due.at > at) return;
    const request = systemRequest(account_id, { id: billing.newId('request', at), now: at });
    await steps[due.step](billing, tx, request, subscription);
  });
}

type Step = (
  billing: Billing,
  tx: BillingRepositories,
  request: RequestContext,
  subscription: SubscriptionRecord,
) => Promise<unknown>;

const steps: Readonly<Record<DueStep['step'], Step>> = {
  first_payment_expired: (_billing, tx, request, subscription) =>
    endSubscription(tx, request, subscription, 'first_payment_expired'),
  given_up: (_billing, tx, request, subscription) => endSubscription(tx, request, subscription, 'given_up'),
  dunning_ended: (_billing, tx, request, subscription) =>
    changeSubscription(
      tx,
      request,
      subscription,
      { ...subscription, status: transition(subscription.status, 'dunning_ended') },
      'subscription.unpaid',
    ),
  trial_ended: renew,
  period_ended: renew,
};

/** The subscription has ended: nothing more is asked for. */
export async function endSubscription(
  tx: BillingRepositories,
  request: RequestContext,
  subscription: SubscriptionRecord,
  event: 'first_payment_expired' | 'given_up' | 'canceled',
): Promise<SubscriptionRecord> {
  const { now } = request;
  const ended = {
    ...subscription,
    status: transition(subscription.status, event),
    canceled_at: subscription.canceled_at ?? now,
    ended_at: now,
    ...{ pending_plan_code: null, pending_interval: null },
  };
  const saved = await changeSubscription(tx, request, subscription, ended, 'subscription.ended');
  await giveUpInvoices(tx, saved);
  recordSubscriptionEvent(tx, request, 'subscription.canceled', saved);
  return saved;
}

/**
 * The next period begins: on the plan that was scheduled for it, with the invoice for it. The money is asked for
 * afterwards, by whoever sees that it is due.
 */
async function renew(
  billing: Billing,
  tx: BillingRepositories,
  request: RequestContext,
  subscription: SubscriptionRecord,
): Promise<void> {
  if (subscription.cancel_at_period_end) {
    await endSubscription(tx, request, subscription, 'canceled');
    return;
  }
  const plan = await planOfNextPeriod(billing, tx, subscription);
  const status =
    subscription.status === 'trialing' ? transition(subscription.status, 'trial_ended') : subscription.status;
  const next = { ...nextPeriod(subscription, plan), status };
  await closeUsage(tx, request, subscription, next);
  const saved = await changeSubscription(tx, request, subscription, next, 'subscription.period_began');
  if (saved.plan_code !== subscription.plan_code || saved.interval !== subscription.interval) {
    recordSubscriptionEvent(tx, request, 'subscription.updated', saved);
  }
  const invoice = await writePeriodInvoice(billing, tx, request, saved, 'subscription_cycle');
  if (invoice.status === 'paid') await afterPaid({ tx, request, subscription: saved, invoice });
}

/** What was scheduled, if it is still offered; else the plan as it is. */
async function planOfNextPeriod(
  { plans }: Billing,
  tx: BillingRepositories,
  subscription: SubscriptionRecord,
): Promise<PricedPlan> {
  const { plan_code, interval, currency, price, pending_plan_code, pending_interval } =
    requirePrice(subscription);
  const pending = pending_plan_code === null ? null : plans.find(pending_plan_code);
  const contract = await tx.planContracts.find(subscription.account_id);
  const scheduled =
    pending &&
    pricedPlan(pending, contract, { interval: pending_interval ?? interval, currencyWanted: currency });
  return scheduled ?? { plan_code, interval, currency, price };
}

/** The finalized invoice for the running period. It is charged as soon as it is seen, unless it asks for nothing. */
export async function writePeriodInvoice(
  { newId, plans, seller }: Billing,
  tx: BillingRepositories,
  { now }: RequestContext,
  subscription: SubscriptionRecord,
  kind: 'subscription_create' | 'subscription_cycle',
) {
  const priced = requirePrice(subscription);
  const { plan_code, account_id, currency, current_period_start: start, current_period_end: end } = priced;
  const account = await accountOf(tx, account_id);
  const name = plans.find(plan_code)?.name ?? plan_code;
  const draft = draftInvoice(
    {
      ...{ kind, currency, period_start: start, period_end: end },
      lines: [periodLine({ ...priced, name }, { start, end })],
    },
    {
      id: newId('invoice', now),
      now,
      subscription,
      seller,
      buyer: buyerOf(account),
    },
  );
  const final = await finalizeInvoice(tx, await applyCredit(tx, draft), { now, account });
  const isCharged = final.status === 'open' && kind === 'subscription_cycle';
  const invoice = { ...final, next_attempt_at: isCharged ? now : null };
  await tx.invoices.insert(invoice);
  return invoice;
}
