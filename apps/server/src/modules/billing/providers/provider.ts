/** How a payment stands, as far as its provider says. */
export type PaymentOutcome =
  | { readonly status: 'succeeded'; readonly ref: string }
  /** `hard`: the same method will be refused again, so trying again is pointless. */
  | {
      readonly status: 'declined';
      readonly ref: string | null;
      readonly code: string;
      readonly hard: boolean;
    }
  /** Somebody has to confirm at `url`; null: at a place of the provider's own choice. */
  | { readonly status: 'requires_action'; readonly ref: string; readonly url: string | null }
  /** The provider works on it, and will say. */
  | { readonly status: 'pending'; readonly ref: string }
  /** No answer came: the money may or may not have moved. Never a failure. */
  | { readonly status: 'unknown' };

/** What is known of a payment on our side. */
export interface PaymentRequest {
  /** Our id of the payment (`pay_…`). It is also the idempotency key: one payment moves money at most once. */
  readonly id: string;
  readonly account_id: string;
  readonly invoice_id: string;
  /** Minor units, above zero. */
  readonly amount: number;
  /** ISO 4217, capital letters. */
  readonly currency: string;
  /** The customer at the provider. */
  readonly customer_ref: string;
  /** The payment method at the provider. */
  readonly method_ref: string;
  /** Is the payer there to confirm it? A renewal has nobody. */
  readonly is_present: boolean;
  /** The provider's own id of it, once known. */
  readonly ref: string | null;
  /** When it was first tried, epoch milliseconds. */
  readonly created_at: number;
}

/** A payment method as a provider describes it; never a card number. */
export interface MethodDescription {
  readonly ref: string;
  readonly kind: string;
  readonly brand: string | null;
  readonly last_four: string | null;
  readonly exp_month: number | null;
  readonly exp_year: number | null;
}

export type AttachOutcome =
  | { readonly status: 'attached'; readonly method: MethodDescription }
  | { readonly status: 'declined'; readonly code: string };

/** What a provider tells by itself. Order and number of these mean nothing: whoever hears one asks for the present state. */
export type ProviderNotice =
  | { readonly kind: 'payment'; readonly payment_id: string; readonly ref: string }
  | { readonly kind: 'method'; readonly customer_ref: string; readonly method_ref: string }
  | { readonly kind: 'other' };

/** A company that moves money. Behind this port nothing else of it is known. */
export interface PaymentProvider {
  readonly name: 'manual' | 'stripe' | 'simulated';
  /** False: money comes in some other way, and an operator marks invoices paid; the calls below are never made. */
  readonly collects: boolean;
  /** The same account gets the same customer, however often it is asked for. @throws when the provider does not answer. */
  createCustomer(account: { id: string; name: string }): Promise<{ ref: string }>;
  /** @throws when the provider does not answer. */
  attachMethod(customer_ref: string, token: string): Promise<AttachOutcome>;
  /** @throws when the provider does not answer. */
  detachMethod(method_ref: string): Promise<void>;
  /**
   * A page of the provider on which the payer leaves a method; it then comes as a notice. Null: it has none.
   *
   * @throws when the provider does not answer.
   */
  setUpPage(customer_ref: string, return_url: string): Promise<{ url: string } | null>;
  /** Moves the money, once per `payment.id`. Never throws: no answer is `unknown`. */
  charge(payment: PaymentRequest): Promise<PaymentOutcome>;
  /** How it stands now; null: the provider has never heard of it. Never throws: no answer is `unknown`. */
  getPayment(payment: PaymentRequest): Promise<PaymentOutcome | null>;
  /** Gives up a payment that waits for somebody, so that another may be tried; gives how it ended after all. */
  cancelPayment(payment: PaymentRequest): Promise<PaymentOutcome>;
  /** Gives the money back, once per `key`. @throws when the provider does not answer. */
  refund(payment: PaymentRequest, amount: number, key: string): Promise<{ ref: string }>;
  /**
   * Reads what the provider sent.
   *
   * @throws {AppError} VALIDATION_ERROR when it is not signed as the provider signs.
   */
  parseWebhook(raw: string, headers: Readonly<Record<string, string | undefined>>): ProviderNotice;
}
