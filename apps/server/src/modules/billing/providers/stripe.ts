import Stripe from 'stripe';
import { type Clock, hourMs, minuteMs, secondMs } from '../../../platform/clock.ts';
import type { AttachOutcome, PaymentOutcome, PaymentProvider, PaymentRequest } from './provider.ts';
import { stripeAmount } from './stripe-amount.ts';
import { idOf, readNotice } from './stripe-notice.ts';
import { isUnconfirmed, outcomeOf, outcomeOfError } from './stripe-outcome.ts';

/** The version that the package was made for: what Stripe changes in later ones does not reach us unasked. */
const apiVersion = '2026-10-28.endive';
/** No call to Stripe is under way for longer. */
const callMaxMs = 2 * minuteMs;
const timeoutUsualMs = 20 * secondMs;

/**
 * Stripe through its own package. It repeats nothing by itself, a connection that was closed on it aside, and that under
 * the same key: a repeated call would hide that an answer was missing, and that is what must be known.
 */
export function createStripeProvider(options: {
  secretKey: string;
  webhookSecret: string;
  clock: Clock;
  /** Where Stripe is, when not at its own address. */
  apiBase?: string;
  /** Where a payer comes back to after confirming a payment; null: nobody is sent anywhere. */
  returnUrl?: string | null;
  timeoutMs?: number;
}): PaymentProvider {
  const { secretKey, webhookSecret, clock, apiBase, returnUrl = null, timeoutMs = timeoutUsualMs } = options;
  const stripe = new Stripe(secretKey, {
    ...{ apiVersion, timeout: timeoutMs, maxNetworkRetries: 0, telemetry: false },
    ...(apiBase !== undefined && addressOf(apiBase)),
  });

  const find = async (payment: PaymentRequest): Promise<Stripe.PaymentIntent | null> => {
    if (payment.ref !== null) return stripe.paymentIntents.retrieve(payment.ref);
    // A list and no search: what was just made is in it.
    const made = stripe.paymentIntents.list({
      customer: payment.customer_ref,
      created: { gte: Math.floor((payment.created_at - hourMs) / secondMs) },
      limit: 100,
    });
    for await (const intent of made) if (intent.metadata['payment_id'] === payment.id) return intent;
    return null;
  };

  const standing = async (payment: PaymentRequest): Promise<PaymentOutcome | null> => {
    const intent = await find(payment);
    if (!intent) return null;
    // What was left unconfirmed counts as refused only when it can be confirmed no more: else it may move money yet.
    const isLeft = isUnconfirmed(intent) && intent.created * secondMs < clock.now() - callMaxMs;
    return outcomeOf(isLeft ? await stripe.paymentIntents.cancel(intent.id) : intent);
  };

  const getPayment = async (payment: PaymentRequest): Promise<PaymentOutcome | null> => {
    try {
      return await standing(payment);
    } catch (error) {
      return isMissing(error) ? null : { status: 'unknown' };
    }
  };

  return {
    name: 'stripe',
    collects: true,

    async createCustomer({ id, name }) {
      // Nothing in it that changes: with another name the same key would be refused.
      const fields = { metadata: { account_id: id } };
      const { id: ref } = await stripe.customers.create(fields, { idempotencyKey: `customer/${id}` });
      await stripe.customers.update(ref, { name });
      return { ref };
    },

    async attachMethod(customer, token): Promise<AttachOutcome> {
      // What is no id of Stripe's is sent nowhere: it may be a card's number, or bend the address that is asked.
      if (!/^[a-z]+_\w+$/.test(token)) return { status: 'declined', code: 'resource_missing' };
      try {
        return attached(await stripe.paymentMethods.attach(token, { customer }));
      } catch (error) {
        const { StripeCardError, StripeInvalidRequestError } = Stripe.errors;
        if (error instanceof StripeCardError) {
          return { status: 'declined', code: error.decline_code ?? error.code ?? 'card_declined' };
        }
        if (!(error instanceof StripeInvalidRequestError)) throw error;
        // What was left on the set-up page is attached already, and Stripe attaches nothing twice.
        const method = error.statusCode === 404 ? null : await stripe.paymentMethods.retrieve(token);
        if (method && idOf(method.customer) === customer) return attached(method);
        return { status: 'declined', code: error.code ?? 'provider_refused' };
      }
    },

    async detachMethod(ref) {
      await stripe.paymentMethods.detach(ref);
    },

    async setUpPage(customer, return_url) {
      const { url } = await stripe.checkout.sessions.create({
        ...{ mode: 'setup', customer, payment_method_types: ['card'] },
        ...{ success_url: return_url, cancel_url: return_url },
      });
      return url === null ? null : { url };
    },

    async charge(payment): Promise<PaymentOutcome> {
      const {
        id,
        account_id,
        invoice_id,
        currency,
        customer_ref: customer,
        method_ref,
        is_present,
      } = payment;
      const amount = stripeAmount(payment.amount, currency);
      if (amount === null)
        return { status: 'declined', ref: null, code: 'currency_not_supported', hard: true };
      const canRedirect = is_present && returnUrl !== null;
      try {
        const intent = await stripe.paymentIntents.create(
          {
            ...{ amount, currency: currency.toLowerCase(), customer, payment_method: method_ref },
            ...{ confirm: true, ...(!is_present && { off_session: true }) },
            automatic_payment_methods: { enabled: true, allow_redirects: canRedirect ? 'always' : 'never' },
            // What the payer confirms now counts for renewals too, when nobody is there to ask.
            ...(canRedirect && { return_url: returnUrl, setup_future_usage: 'off_session' }),
            metadata: { payment_id: id, invoice_id, account_id },
          },
          { idempotencyKey: id },
        );
        return outcomeOf(intent);
      } catch (error) {
        return outcomeOfError(error);
      }
    },

    getPayment,

    async cancelPayment(payment) {
      try {
        const outcome = (await standing(payment)) ?? { status: 'unknown' };
        if (outcome.status !== 'requires_action') return outcome;
        return outcomeOf(await stripe.paymentIntents.cancel(outcome.ref));
      } catch {
        // It may have been confirmed just now.
        return (await getPayment(payment)) ?? { status: 'unknown' };
      }
    },

    async refund({ ref, currency }, amount, key) {
      const exact = stripeAmount(amount, currency);
      if (ref === null || exact === null) throw new Error('This payment cannot be paid back through Stripe.');
      const refund = await stripe.refunds.create(
        { payment_intent: ref, amount: exact },
        { idempotencyKey: key },
      );
      return { ref: refund.id };
    },

    parseWebhook: (raw, headers) =>
      readNotice(stripe, raw, headers['stripe-signature'] ?? '', { secret: webhookSecret, now: clock.now() }),
  };
}

const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError && error.statusCode === 404;

function addressOf(apiBase: string): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  const { hostname, port, protocol } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return { host: hostname, port: port || (isPlain ? 80 : 443), protocol: isPlain ? 'http' : 'https' };
}

const attached = ({ id, type, card }: Stripe.PaymentMethod): AttachOutcome => ({
  status: 'attached',
  method: {
    ...{ ref: id, kind: type, brand: card?.brand ?? null, last_four: card?.last4 ?? null },
    ...{ exp_month: card?.exp_month ?? null, exp_year: card?.exp_year ?? null },
  },
});
