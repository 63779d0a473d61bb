import Stripe from 'stripe';
import { invalid } from '../../../platform/app-error.ts';
import { secondMs } from '../../../platform/clock.ts';
import type { ProviderNotice } from './provider.ts';

/** A notice that is older, or from further ahead, is not taken: it may be one that somebody has kept. */
const toleranceSeconds = 300;

/**
 * What Stripe tells by itself.
 *
 * @param by.now epoch milliseconds.
 * @throws {AppError} VALIDATION_ERROR when it is not signed with the secret, or not lately.
 */
export function readNotice(
  { webhooks }: Stripe,
  raw: string,
  signature: string,
  { secret, now }: { secret: string; now: number },
): ProviderNotice {
  // The package refuses what is old. Of several times it takes the last.
  const time = signature.split(',').findLast((part) => part.startsWith('t='));
  const signedAt = Number.parseInt(time?.slice('t='.length) ?? '', 10);
  if (signedAt > now / secondMs + toleranceSeconds) throw notSigned();
  let event: Stripe.Event;
  try {
    event = webhooks.constructEvent(raw, signature, secret, toleranceSeconds, undefined, now);
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) throw notSigned();
    // Signed as it should be, and no JSON or of another kind: there is nothing to hear.
    return { kind: 'other' };
  }
  return noticeOf(event);
}

const notSigned = () =>
  invalid('Stripe-Signature', 'must be the one that Stripe makes with the secret of this endpoint');

function noticeOf(event: Stripe.Event): ProviderNotice {
  if (event.type.startsWith('payment_intent.')) {
    const intent = event.data.object as Stripe.PaymentIntent;
    const payment_id = intent.metadata?.['payment_id'];
    return payment_id ? { kind: 'payment', payment_id, ref: intent.id } : { kind: 'other' };
  }
  if (event.type === 'setup_intent.succeeded') {
    const { customer, payment_method } = event.data.object;
    const [customer_ref, method_ref] = [idOf(customer), idOf(payment_method)];
    if (customer_ref && method_ref) return { kind: 'method', customer_ref, method_ref };
  }
  return { kind: 'other' };
}

/** The id of what an object points to, which may be spread out in it. */
export const idOf = (object: string | { id: string } | null): string | null =>
  typeof object === 'string' ? object : (object?.id ?? null);
