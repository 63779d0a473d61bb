import { minuteMs } from '../../platform/clock.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { AccountRecord } from '../accounts/index.ts';
import { accountOf, type Billing, type BillingRepositories } from './billing-context.ts';
import { changeSubscription, recordPaymentEvent, recordSubscriptionEvent } from './change-subscription.ts';
import { nextAttemptAt, nextPollAt } from './dunning.ts';
import { addCredit, finalizeInvoice, voidInvoice } from './finalize-invoice.ts';
import type { InvoiceRecord } from './invoice.ts';
import { lockInvoice } from './lock-invoice.ts';
import type { PaymentRecord } from './payment.ts';
import type { PaymentOutcome } from './providers/provider.ts';
import { type SubscriptionRecord, switchedTo } from './subscription.ts';
import { isLive, transition } from './subscription-states.ts';

const pollEveryMinMs = 5 * minuteMs;

interface Settlement {
  tx: BillingRepositories;
  request: RequestContext;
  account: AccountRecord;
  subscription: SubscriptionRecord;
  invoice: InvoiceRecord;
  payment: PaymentRecord;
}

/**
 * Writes how a payment stands, and what follows: one transaction, however often and from wherever the outcome is told.
 *
 * @param asked was it the provider's answer to our asking how it stands?
 */
export function settlePayment(
  billing: Pick<Billing, 'uow'>,
  request: RequestContext,
  payment_id: string,
  outcome: PaymentOutcome,
  asked = false,
): Promise<void> {
  return billing.uow.runInternal((tx) => settleWithin(tx, request, payment_id, outcome, asked));
}

/** {@link settlePayment} in a transaction that does more. */
export async function settleWithin(
  tx: BillingRepositories,
  request: RequestContext,
  payment_id: string,
  outcome: PaymentOutcome,
  asked = false,
): Promise<void> {
  const { account_id } = request.actor;
  const found = await tx.payments.find(account_id, payment_id);
  const locked = found && (await lockInvoice(tx, account_id, found.invoice_id));
  // Read again: until the lock was ours, another may have settled it.
  const payment = locked && (await tx.payments.find(account_id, payment_id));
  if (!payment) return;
  const settled = settledPayment(payment, outcome, request.now, asked);
  if (!(await tx.payments.settle(settled))) return;
  const account = await accountOf(tx, account_id);
  const settlement = { tx, request, account, ...locked, payment: settled };
  if (settled.status === 'succeeded') await applyMoney(settlement);
  else if (settled.status === 'failed') await applyRefusal(settlement, outcome);
  else if (settled.status === 'requires_action' && locked.invoice.kind === 'subscription_cycle') {
    await waitForPayer(settlement);
  }
}

function settledPayment(
  payment: PaymentRecord,
  outcome: PaymentOutcome,
  now: number,
  asked: boolean,
): PaymentRecord {
  const polls = payment.polls + Number(asked);
  const noted = { ...payment, polls, updated_at: now, poll_at: null };
  // After a downtime the next look may be long overdue; looking again at once tells nothing new.
  const pollAt = Math.max(nextPollAt(payment.created_at, polls), now + pollEveryMinMs);
  const provider_ref = ('ref' in outcome ? outcome.ref : null) ?? payment.provider_ref;
  switch (outcome.status) {
    case 'succeeded':
      return { ...noted, status: 'succeeded', provider_ref, action_url: null };
    case 'declined':
      return { ...noted, status: 'failed', provider_ref, failure_code: outcome.code, action_url: null };
    case 'requires_action':
      return {
        ...noted,
        ...{ status: 'requires_action', provider_ref, action_url: outcome.url },
        poll_at: pollAt,
      };
    // `unknown` is never a failure (billing.md): it is looked at again until the provider knows.
    default:
      return { ...noted, status: outcome.status, provider_ref, poll_at: pollAt };
  }
}

/** The money is in. */
async function applyMoney(settlement: Settlement): Promise<void> {
  const { tx, request, subscription, invoice, payment } = settlement;
  recordPaymentEvent(tx, request, 'payment.succeeded', payment);
  if (invoice.status === 'draft') return applyChange(settlement);
  if (invoice.status === 'open' || invoice.status === 'uncollectible') {
    await tx.invoices.replace(paid(invoice, request.now));
    if (!isLive(subscription.status)) return;
    return afterPaid(settlement);
  }
  // What it was for is gone, or paid already: it is owed to the account.
  await owe(settlement);
}

const paid = (invoice: InvoiceRecord, now: number): InvoiceRecord => ({
  ...invoice,
  ...{ status: 'paid', amount_paid: invoice.amount_due, paid_at: now, next_attempt_at: null },
});

/** What a paid invoice changes in its subscription. */
export async function afterPaid({
  tx,
  request,
  subscription,
  invoice,
}: Pick<Settlement, 'tx' | 'request' | 'subscription' | 'invoice'>): Promise<void> {
  const isAnyOpen = (await tx.invoices.findOpen(subscription.account_id)) !== null;
  const status = isAnyOpen ? subscription.status : transition(subscription.status, 'paid');
  let saved = subscription;
  if (status !== subscription.status) {
    const after = { ...subscription, status, past_due_since: null };
    saved = await changeSubscription(tx, request, subscription, after, 'subscription.paid');
  }
  if (invoice.kind === 'subscription_cycle')
    recordSubscriptionEvent(tx, request, 'subscription.renewed', saved);
}

/** The plan is changed now that the change is paid, if it is still the one that was priced. */
async function applyChange(settlement: Settlement): Promise<void> {
  const { tx, request, account, subscription, invoice } = settlement;
  const { change } = invoice;
  const isAsPriced =
    change !== null &&
    (subscription.status === 'active' || subscription.status === 'trialing') &&
    subscription.plan_code === change.from.plan_code &&
    subscription.interval === change.from.interval &&
    subscription.current_period_start === change.from.period_start;
  if (!isAsPriced) {
    await voidInvoice(tx, invoice);
    return owe(settlement);
  }
  const { now } = request;
  const final = await finalizeInvoice(tx, invoice, { now, account });
  await tx.invoices.replace(paid(final, now));
  await switchPlan(tx, request, subscription, change);
}

/** Puts a subscription on its new plan at once. */
export async function switchPlan(
  tx: BillingRepositories,
  request: RequestContext,
  subscription: SubscriptionRecord,
  { to, at }: Pick<NonNullable<InvoiceRecord['change']>, 'to' | 'at'>,
): Promise<SubscriptionRecord> {
  const switched = switchedTo(subscription, to, at);
  await closeUsage(tx, request, subscription, switched);
  const saved = await changeSubscription(tx, request, subscription, switched, 'subscription.upgraded');
  recordSubscriptionEvent(tx, request, 'subscription.updated', saved);
  return saved;
}

/** Where periods are counted anew, so is usage; first, so that what was used is written down with the plan of then. */
export async function closeUsage(
  tx: BillingRepositories,
  { now }: RequestContext,
  before: SubscriptionRecord,
  after: SubscriptionRecord,
): Promise<void> {
  if (after.anchor_at !== before.anchor_at) {
    await tx.usage.closePeriod(after.account_id, now, after.anchor_at);
  }
}

async function owe({ tx, request, invoice, payment }: Settlement): Promise<void> {
  await addCredit(tx, invoice, payment.amount);
  await tx.audit.record(request, {
    action: 'payment.credited',
    target_id: payment.id,
    after: { invoice_id: invoice.id, amount: payment.amount, currency: payment.currency },
  });
}

/** The provider has refused. */
async function applyRefusal(settlement: Settlement, outcome: PaymentOutcome): Promise<void> {
  const { tx, request, subscription, invoice, payment } = settlement;
  recordPaymentEvent(tx, request, 'payment.failed', payment);
  if (invoice.status === 'draft') {
    // Nothing has changed, and nothing is left to pay.
    return voidInvoice(tx, invoice);
  }
  if (invoice.status !== 'open' || invoice.kind !== 'subscription_cycle') return;
  const isHard = outcome.status === 'declined' && outcome.hard;
  await tx.invoices.replace({
    ...invoice,
    next_attempt_at: isHard ? null : nextAttempt(invoice, request.now),
  });
  await becomePastDue(tx, request, subscription, invoice);
}

/** Nobody is there to confirm a renewal: it counts as refused until somebody does. */
async function waitForPayer({ tx, request, subscription, invoice }: Settlement): Promise<void> {
  if (invoice.status !== 'open') return;
  await tx.invoices.replace({ ...invoice, next_attempt_at: nextAttempt(invoice, request.now) });
  await becomePastDue(tx, request, subscription, invoice);
}

const nextAttempt = ({ finalized_at }: InvoiceRecord, now: number): number | null =>
  nextAttemptAt(finalized_at ?? now, now);

/** A renewal is not paid. The account goes on for 14 days, with a warning. */
export async function becomePastDue(
  tx: BillingRepositories,
  request: RequestContext,
  subscription: SubscriptionRecord,
  invoice: InvoiceRecord,
): Promise<void> {
  if (!isLive(subscription.status)) return;
  const status = transition(subscription.status, 'payment_failed');
  if (status === subscription.status) return;
  const past_due_since = subscription.past_due_since ?? invoice.finalized_at;
  const after = { ...subscription, status, past_due_since };
  await changeSubscription(tx, request, subscription, after, 'subscription.past_due');
}
