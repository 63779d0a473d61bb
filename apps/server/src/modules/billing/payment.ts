import type { paymentStatuses } from '@thrivetech/contracts';
import { toTimestamp } from '../../platform/clock.ts';
import type { InvoiceRecord } from './invoice.ts';
import type { PaymentRequest } from './providers/provider.ts';

export type PaymentStatus = (typeof paymentStatuses)[number];
/** In these it may still move money: no other payment of its invoice is begun. */
export const openPaymentStatuses = ['pending', 'unknown', 'requires_action'] as const;

/** One try to pay an invoice. Times in epoch milliseconds, money in minor units. */
export interface PaymentRecord {
  readonly id: string;
  readonly account_id: string;
  readonly invoice_id: string;
  readonly provider: string;
  readonly customer_ref: string | null;
  readonly method_ref: string | null;
  readonly amount: number;
  readonly currency: string;
  /** Is the payer there to confirm it? */
  readonly is_present: boolean;
  readonly status: PaymentStatus;
  readonly provider_ref: string | null;
  readonly failure_code: string | null;
  readonly action_url: string | null;
  /** Of money that came in another way: what the operator wrote down. */
  readonly reference: string | null;
  /** How often the provider was asked how it stands. */
  readonly polls: number;
  readonly poll_at: number | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** A try that nobody has heard of yet, for all that an invoice asks for. */
export function newPayment(
  { account_id, id: invoice_id, amount_due: amount, currency }: InvoiceRecord,
  { id, provider, now }: { id: string; provider: string; now: number },
): PaymentRecord {
  return {
    ...{ id, account_id, invoice_id, provider, customer_ref: null, method_ref: null, amount, currency },
    ...{ is_present: true, status: 'pending', provider_ref: null, failure_code: null, action_url: null },
    ...{ reference: null, polls: 0, poll_at: null, created_at: now, updated_at: now },
  };
}

/** As the provider is asked for it. */
export function paymentRequest(payment: PaymentRecord): PaymentRequest {
  const { id, account_id, invoice_id, amount, currency, is_present, created_at } = payment;
  return {
    ...{ id, account_id, invoice_id, amount, currency, is_present, created_at },
    customer_ref: payment.customer_ref ?? '',
    method_ref: payment.method_ref ?? '',
    ref: payment.provider_ref,
  };
}

/** A payment as callers see it. */
export function paymentView(payment: PaymentRecord) {
  const { id, status, amount, currency, provider, failure_code, action_url } = payment;
  return {
    ...{ id, status, amount, currency, provider, failure_code, action_url },
    created_at: toTimestamp(payment.created_at),
    updated_at: toTimestamp(payment.updated_at),
  };
}
