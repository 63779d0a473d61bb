import type { PaymentMethod } from '@thrivetech/contracts';
import { toTimestamp } from '../../platform/clock.ts';

/** What an account pays with, as its provider describes it. */
export interface PaymentMethodRecord {
  readonly id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly provider_ref: string;
  readonly kind: string;
  readonly brand: string | null;
  readonly last_four: string | null;
  readonly exp_month: number | null;
  readonly exp_year: number | null;
  /** The highest is the default. */
  readonly rank: number;
  readonly created_at: number;
  readonly removed_at: number | null;
}

/** A payment method as callers see it. */
export function paymentMethodView(method: PaymentMethodRecord, is_default: boolean): PaymentMethod {
  const { id, kind, brand, last_four, exp_month, exp_year } = method;
  return {
    ...{ id, kind, brand, last_four, exp_month, exp_year, is_default },
    created_at: toTimestamp(method.created_at),
  };
}
