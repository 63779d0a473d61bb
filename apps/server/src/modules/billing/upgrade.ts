import type { upgrade as contract, UpgradeQuote } from '@thrivetech/contracts';
import { AppError } from '../../platform/app-error.ts';
import { toTimestamp } from '../../platform/clock.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { accountOf, type Billing, type BillingRepositories, onTheWay } from './billing-context.ts';
import {
  abandonPayment,
  beginPayment,
  chargePayment,
  refuseUnpaid,
  resolvePayment,
} from './collect-invoice.ts';
import { addCredit, applyCredit, finalizeInvoice, voidInvoice } from './finalize-invoice.ts';
import { buyerOf, draftInvoice, type InvoiceRecord } from './invoice.ts';
import type { PaymentRecord } from './payment.ts';
import { type PricedUpgrade, priceUpgrade, quoteLastsMs } from './price-upgrade.ts';
import { requireOwn, showSubscription } from './read-subscription.ts';
import { switchPlan } from './settle-payment.ts';
import type { SubscriptionRecord } from './subscription.ts';

type Input = Parameters<UseCaseOf<typeof contract>>[1];
type Output = Awaited<ReturnType<UseCaseOf<typeof contract>>>;

/** What an upgrade has come to in its first transaction. */
type Begun =
  | { readonly done: SubscriptionRecord; readonly invoice: InvoiceRecord | null }
  | { readonly payment: PaymentRecord; readonly invoice: InvoiceRecord }
  | { readonly unpaid: 'no_method' | 'by_operator'; readonly invoice_id: string };

export const upgrade =
  (billing: Billing): UseCaseOf<typeof contract> =>
  async (request, input) => {
    const { uow } = billing;
    const { account_id } = request.actor;
    if (input.dry_run) {
      const subscription = requireOwn(await uow.read.subscriptions.findCurrent(account_id));
      const priced = await priceUpgrade(billing, uow.read, subscription, input, request.now);
      return answer(uow.read, priced, subscription, { dry_run: true, invoice_id: null });
    }
    await finishEarlier(billing, request, input);
    const { priced, begun } = await uow.run(onTheWay(request), (tx) => begin(billing, tx, request, input));
    if ('unpaid' in begun) {
      refuseUnpaid({ status: begun.unpaid }, begun.invoice_id);
      throw new Error('An unpaid upgrade was not refused.');
    }
    if ('payment' in begun) {
      refuseUnpaid(await chargePayment(billing, request, begun.payment), begun.invoice.id);
    }
    const subscription = requireOwn(await uow.read.subscriptions.findCurrent(account_id));
    const invoice_id = begun.invoice?.id ?? null;
    return answer(uow.read, priced, subscription, { dry_run: false, invoice_id });
  };

async function answer(
  repositories: Pick<BillingRepositories, 'invoices'>,
  priced: PricedUpgrade,
  subscription: SubscriptionRecord,
  facts: Pick<Output, 'dry_run' | 'invoice_id'>,
): Promise<Output> {
  const { at, to, lines, total, credit_applied, amount_due } = priced;
  const quote: UpgradeQuote = {
    proration_date: toTimestamp(at),
    expires_at: toTimestamp(at + quoteLastsMs),
    currency: to.currency,
    lines: [...lines],
    ...{ total, credit_applied, amount_due },
  };
  return { ...facts, quote, subscription: await showSubscription(repositories, subscription) };
}

/** An upgrade that was begun and is not paid: it is brought to its end before another begins. */
async function finishEarlier(billing: Billing, request: RequestContext, input: Input): Promise<void> {
  const { read } = billing.uow;
  const { account_id } = request.actor;
  const subscription = await read.subscriptions.findCurrent(account_id);
  const draft = subscription && (await read.invoices.findDraftChange(account_id, subscription.id));
  const payment = draft && (await read.payments.findOpen(account_id, draft.id));
  if (!payment) return;
  const standing = await resolvePayment(billing, request, payment, true);
  const isSame =
    draft.change?.to.plan_code === input.plan_code &&
    (input.interval ?? draft.change.from.interval) === draft.change.to.interval;
  if (standing.status === 'requires_action' && !isSame) {
    await abandonPayment(billing, request, payment);
  } else if (standing.status !== 'paid' && standing.status !== 'failed') {
    refuseUnpaid(standing, draft.id);
  }
}

/** One transaction: the price, the invoice as a draft, and the payment of it. */
async function begin(
  billing: Billing,
  tx: BillingRepositories,
  request: RequestContext,
  input: Input,
): Promise<{ priced: PricedUpgrade; begun: Begun }> {
  const { now, actor } = request;
  const { account_id } = actor;
  const subscription = requireOwn(await tx.subscriptions.findCurrentForUpdate(account_id));
  const priced = await priceUpgrade(billing, tx, subscription, input, now);
  const account = await accountOf(tx, account_id);
  const earlier = await tx.invoices.findDraftChange(account_id, subscription.id);
  if (earlier) await makeRoom(tx, earlier);
  if (subscription.status === 'trialing') {
    return { priced, begun: { done: await switchPlan(tx, request, subscription, priced), invoice: null } };
  }

  const { plan_code, interval, current_period_start: period_start } = subscription;
  const change = { from: { plan_code, interval, period_start }, to: priced.to, at: priced.at };
  const drafted = draftInvoice(
    {
      ...{ kind: 'subscription_update', currency: priced.to.currency, lines: priced.lines, change },
      ...{ period_start: priced.at, period_end: priced.period_end },
    },
    {
      ...{ id: billing.newId('invoice', now), now, subscription, seller: billing.seller },
      buyer: buyerOf(account),
    },
  );
  const draft = await applyCredit(tx, drafted);
  if (draft.amount_due === 0) {
    const invoice = await finalizeInvoice(tx, draft, { now, account });
    await tx.invoices.insert(invoice);
    // Worth more than it costs: the rest is owed to the account.
    if (invoice.total < 0) await addCredit(tx, invoice, -invoice.total);
    return { priced, begun: { done: await switchPlan(tx, request, subscription, change), invoice } };
  }
  const provider = billing.providerOf(account);
  const method = await tx.paymentMethods.findDefault(account_id, provider.name);
  if (provider.collects && !method) throw noMethod();
  await tx.invoices.insert(draft);
  if (!method) return { priced, begun: { unpaid: 'by_operator', invoice_id: draft.id } };
  const { customer_ref } = await tx.billingProfiles.find(account_id);
  const payment = await beginPayment(billing, tx, draft, {
    ...{ method, is_present: true, now, customer_ref: customer_ref ?? '' },
  });
  return { priced, begun: { payment, invoice: draft } };
}

const noMethod = (): AppError =>
  new AppError('PAYMENT_REQUIRED', {
    message: 'There is no payment method; add one first.',
    details: { reason: 'no_payment_method' },
  });

/** @throws {AppError} PAYMENT_REQUIRED while money may still move for an earlier change. */
async function makeRoom(tx: BillingRepositories, earlier: InvoiceRecord): Promise<void> {
  if (await tx.payments.findOpen(earlier.account_id, earlier.id)) {
    throw new AppError('PAYMENT_REQUIRED', {
      message: 'A change of plan is being paid right now.',
      details: { reason: 'payment_pending', invoice_id: earlier.id },
    });
  }
  await voidInvoice(tx, earlier);
}
