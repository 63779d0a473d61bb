import type {
  BillingInterval,
  Invoice,
  InvoiceLine,
  invoiceKinds,
  invoiceStatuses,
} from '@thrivetech/contracts';
import { toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';
import type { AccountRecord } from '../accounts/index.ts';
import { sumOf } from './money.ts';
import type { PricedPlan, SubscriptionRecord } from './subscription.ts';

/** A change of plan that is made when its invoice is paid, and only if the subscription is still as it was. */
export interface PlanChange {
  readonly from: { plan_code: string; interval: BillingInterval; period_start: number };
  readonly to: PricedPlan;
  /** The moment for which it was priced. */
  readonly at: number;
}

export type InvoiceStatus = (typeof invoiceStatuses)[number];
export type InvoiceParty = Invoice['seller'];

/** Times in epoch milliseconds, money in minor units. */
export interface InvoiceRecord {
  readonly id: string;
  readonly account_id: string;
  readonly subscription_id: string;
  readonly number: string | null;
  readonly series: string | null;
  readonly sequence: number | null;
  readonly kind: (typeof invoiceKinds)[number];
  readonly status: InvoiceStatus;
  readonly credits_invoice_id: string | null;
  readonly currency: string;
  readonly lines: readonly InvoiceLine[];
  readonly total: number;
  readonly credit_applied: number;
  readonly amount_due: number;
  readonly amount_paid: number;
  readonly seller: InvoiceParty;
  readonly buyer: InvoiceParty;
  readonly period_start: number;
  readonly period_end: number;
  readonly change: PlanChange | null;
  readonly payment_attempts: number;
  readonly next_attempt_at: number | null;
  readonly created_at: number;
  readonly finalized_at: number | null;
  readonly paid_at: number | null;
}

/** Who pays, as an invoice names him. */
export const buyerOf = ({ id, name }: Pick<AccountRecord, 'id' | 'name'>): InvoiceParty => ({
  name,
  lines: [id],
});

/** An invoice that may still be changed, and has no number. */
export function draftInvoice(
  fields: Pick<InvoiceRecord, 'kind' | 'lines' | 'currency' | 'period_start' | 'period_end'> &
    Partial<Pick<InvoiceRecord, 'change' | 'credits_invoice_id'>>,
  origin: {
    id: string;
    now: number;
    subscription: Pick<SubscriptionRecord, 'id' | 'account_id'>;
    seller: InvoiceParty;
    buyer: InvoiceParty;
  },
): InvoiceRecord {
  const { id, now, subscription, seller, buyer } = origin;
  const total = sumOf(fields.lines.map(({ amount }) => amount));
  return {
    ...{ id, account_id: subscription.account_id, subscription_id: subscription.id },
    ...{ number: null, series: null, sequence: null, status: 'draft' },
    ...{ change: null, credits_invoice_id: null, ...fields, total, seller, buyer },
    ...{ credit_applied: 0, amount_due: Math.max(0, total), amount_paid: 0 },
    ...{ payment_attempts: 0, next_attempt_at: null, created_at: now, finalized_at: null, paid_at: null },
  };
}

/** The line for a whole period of a plan. */
export function periodLine(
  plan: PricedPlan & { name: string },
  period: { start: number; end: number },
): InvoiceLine {
  return {
    kind: 'subscription',
    description: `${plan.name}, ${plan.interval === 'month' ? 'one month' : 'one year'}`,
    ...{ plan_code: plan.plan_code, interval: plan.interval, amount: plan.price },
    ...{ period_start: toTimestamp(period.start), period_end: toTimestamp(period.end) },
  };
}

/** An invoice as callers see it. */
export function invoiceView(invoice: InvoiceRecord): Invoice {
  const { id, number, kind, status, subscription_id, credits_invoice_id, currency, total } = invoice;
  const { credit_applied, amount_due, amount_paid, seller, buyer, payment_attempts } = invoice;
  return {
    ...{ id, number, kind, status, subscription_id, credits_invoice_id, currency, total },
    lines: [...invoice.lines],
    ...{ credit_applied, amount_due, amount_paid, seller, buyer, payment_attempts },
    period_start: toTimestamp(invoice.period_start),
    period_end: toTimestamp(invoice.period_end),
    next_payment_attempt_at: toTimestampOrNull(invoice.next_attempt_at),
    created_at: toTimestamp(invoice.created_at),
    finalized_at: toTimestampOrNull(invoice.finalized_at),
    paid_at: toTimestampOrNull(invoice.paid_at),
  };
}
