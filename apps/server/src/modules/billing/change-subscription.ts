import type { EventData } from '@thrivetech/contracts';
import { toTimestampOrNull } from '../../platform/clock.ts';
import { originOf } from '../../platform/events/outbox.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { BillingRepositories } from './billing-context.ts';
import { voidInvoice } from './finalize-invoice.ts';
import type { PaymentRecord } from './payment.ts';
import { type SubscriptionRecord, subscriptionView } from './subscription.ts';

type SubscriptionEvent =
  | 'subscription.created'
  | 'subscription.updated'
  | 'subscription.canceled'
  | 'subscription.renewed';

/** Tells of a subscription as it was written. */
export function recordSubscriptionEvent(
  tx: Pick<BillingRepositories, 'outbox'>,
  request: RequestContext,
  type: SubscriptionEvent,
  subscription: SubscriptionRecord,
): void {
  const { id, plan_code, interval, status, current_period_end } = subscription;
  const data: EventData<SubscriptionEvent> = {
    ...{ subscription_id: id, plan_code, interval, status },
    current_period_end: toTimestampOrNull(current_period_end),
  };
  tx.outbox.record(originOf(request), type, data);
}

/** Tells of a payment that has ended. */
export function recordPaymentEvent(
  tx: Pick<BillingRepositories, 'outbox'>,
  request: RequestContext,
  type: 'payment.succeeded' | 'payment.failed',
  payment: PaymentRecord,
): void {
  const { id, invoice_id, amount, currency, failure_code } = payment;
  tx.outbox.record(originOf(request), type, { payment_id: id, invoice_id, amount, currency, failure_code });
}

/**
 * Writes a subscription as it is now, the plan that bounds the account with it, and who did it.
 *
 * @param action for the audit log.
 */
export async function changeSubscription(
  tx: BillingRepositories,
  request: RequestContext,
  before: SubscriptionRecord,
  after: SubscriptionRecord,
  action: string,
): Promise<SubscriptionRecord> {
  const saved = { ...after, updated_at: request.now, version: before.version + 1 };
  await tx.subscriptions.replace(saved);
  const isBounding = saved.status === 'trialing' || saved.status === 'active' || saved.status === 'past_due';
  if (isBounding && (saved.plan_code !== before.plan_code || saved.status !== before.status)) {
    await tx.accounts.change(saved.account_id, { plan_code: saved.plan_code });
  }
  await tx.audit.record(request, {
    action,
    target_id: saved.id,
    before: subscriptionView(before, null),
    after: subscriptionView(saved, null),
  });
  return saved;
}

/** Ends what an ended subscription leaves: nobody is asked for that money any more. */
export async function giveUpInvoices(
  tx: BillingRepositories,
  subscription: SubscriptionRecord,
): Promise<void> {
  const { account_id, id } = subscription;
  const open = await tx.invoices.listByStatus(account_id, 'open');
  const draft = await tx.invoices.findDraftChange(account_id, id);
  for (const invoice of [...open, ...(draft ? [draft] : [])]) {
    if (invoice.subscription_id !== id) continue;
    if (invoice.kind === 'subscription_cycle') {
      await tx.invoices.replace({ ...invoice, status: 'uncollectible', next_attempt_at: null });
    } else {
      // What was never used is not owed.
      await voidInvoice(tx, invoice);
    }
  }
}
