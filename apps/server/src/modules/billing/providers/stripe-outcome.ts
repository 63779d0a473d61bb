import Stripe from 'stripe';
import type { PaymentOutcome } from './provider.ts';

/** After these the bank refuses the same card again; trying costs the account's standing with it. */
const hardDeclines: readonly string[] = [
  ...['card_not_supported', 'currency_not_supported', 'do_not_try_again', 'expired_card', 'fraudulent'],
  ...['incorrect_number', 'invalid_account', 'invalid_expiry_month', 'invalid_expiry_year', 'invalid_number'],
  ...['lost_card', 'merchant_blacklist', 'new_account_information_available', 'pickup_card'],
  ...['restricted_card', 'revocation_of_all_authorizations', 'revocation_of_authorization'],
  ...['stolen_card', 'stop_payment_order', 'payment_method_unactivated', 'resource_missing'],
];

const declined = (code: string, ref: string | null): PaymentOutcome => ({
  ...{ status: 'declined', ref, code, hard: hardDeclines.includes(code) },
});

/** How a payment stands by what Stripe knows of it. */
export function outcomeOf(intent: Stripe.PaymentIntent): PaymentOutcome {
  const { id: ref, last_payment_error: error } = intent;
  switch (intent.status) {
    case 'succeeded':
      return { status: 'succeeded', ref };
    case 'processing':
    case 'requires_capture':
      return { status: 'pending', ref };
    case 'requires_action':
      return { status: 'requires_action', ref, url: intent.next_action?.redirect_to_url?.url ?? null };
    case 'canceled':
      return declined('canceled', ref);
    default:
      // It was refused, or never confirmed: in both cases no money moves any more.
      return declined(error?.decline_code ?? error?.code ?? 'canceled', ref);
  }
}

/**
 * How a payment stands after a call that failed. Only an answer of Stripe that says no is a refusal; whatever leaves open
 * whether the money moved is `unknown`.
 */
export function outcomeOfError(error: unknown): PaymentOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) return { status: 'unknown' };
  const { statusCode = 0, code, decline_code, payment_intent } = error;
  if (error instanceof Stripe.errors.StripeCardError) {
    return declined(decline_code ?? code ?? 'card_declined', payment_intent?.id ?? null);
  }
  // 409: the same key is being worked on; an idempotency error: it was used for something else, which we never do.
  const isOpen = statusCode < 400 || statusCode >= 500 || statusCode === 409 || statusCode === 429;
  if (isOpen || error instanceof Stripe.errors.StripeIdempotencyError) return { status: 'unknown' };
  return declined(code ?? 'provider_refused', payment_intent?.id ?? null);
}
