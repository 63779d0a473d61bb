import Stripe from 'stripe';
import type { PaymentOutcome } from './provider.ts';

/** After these the bank refuses the same card again; trying costs the account's standing with it. */
const hardDeclines: readonly string[] = [
  // The card is gone, or somebody else's.
  ...['fraudulent', 'lost_card', 'merchant_blacklist', 'pickup_card', 'restricted_card', 'stolen_card'],
  // It is no card any more, or never was one.
  ...['expired_card', 'incorrect_number', 'invalid_account', 'invalid_expiry_month', 'invalid_expiry_year'],
  ...['invalid_number', 'new_account_information_available'],
  // It does not pay for this, whenever it is asked.
  ...['card_not_supported', 'currency_not_supported'],
  // The payer, or the bank, has forbidden more of it.
  ...['do_not_try_again', 'revocation_of_all_authorizations', 'revocation_of_authorization'],
  ...['stop_payment_order'],
];

/** What a bank says of its refusal. The advice is apart from the reason, and may forbid more tries of any reason. */
interface Refusal {
  readonly code?: string | undefined;
  readonly decline_code?: string | undefined;
  readonly advice_code?: string | undefined;
}

function refused({ code, decline_code, advice_code }: Refusal, ref: string | null): PaymentOutcome {
  const reason = decline_code ?? code ?? 'card_declined';
  const hard = advice_code === 'do_not_try_again' || hardDeclines.includes(reason);
  return { status: 'declined', ref, code: reason, hard };
}

/** Made, and neither confirmed nor refused so far: the call that makes it may be under way. */
export const isUnconfirmed = ({ status, last_payment_error }: Stripe.PaymentIntent): boolean =>
  status === 'requires_confirmation' || (status === 'requires_payment_method' && !last_payment_error);

/** How a payment stands by what Stripe knows of it. */
export function outcomeOf(intent: Stripe.PaymentIntent): PaymentOutcome {
  const { id: ref, last_payment_error: error } = intent;
  if (isUnconfirmed(intent)) return { status: 'pending', ref };
  switch (intent.status) {
    case 'succeeded':
      return { status: 'succeeded', ref };
    case 'processing':
    case 'requires_capture':
      return { status: 'pending', ref };
    case 'requires_action':
      return { status: 'requires_action', ref, url: intent.next_action?.redirect_to_url?.url ?? null };
    case 'canceled':
      return { status: 'declined', ref, code: 'canceled', hard: false };
    case 'requires_payment_method':
      return refused(error ?? {}, ref);
    default:
      return { status: 'unknown' };
  }
}

/**
 * How a payment stands after a call that failed. Only an answer of Stripe that says no is a refusal; whatever leaves open
 * whether the money moved is `unknown`: silence, 5xx, 429, a key that is being worked on (409) or was used otherwise.
 */
export function outcomeOfError(error: unknown): PaymentOutcome {
  const { StripeAuthenticationError, StripeCardError, StripeInvalidRequestError, StripePermissionError } =
    Stripe.errors;
  if (error instanceof StripeCardError) return refused(error, error.payment_intent?.id ?? null);
  // Set up wrongly, which can be mended: no card is to blame.
  const mistake = { status: 'declined', ref: null, hard: false } as const;
  if (error instanceof StripeInvalidRequestError)
    return { ...mistake, code: error.code ?? 'provider_refused' };
  // Whoever pays need not know what is wrong with our key.
  const isOurKey = error instanceof StripeAuthenticationError || error instanceof StripePermissionError;
  return isOurKey ? { ...mistake, code: 'provider_refused' } : { status: 'unknown' };
}
