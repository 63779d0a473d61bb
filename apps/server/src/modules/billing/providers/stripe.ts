import Stripe from 'stripe';
import { invalid } from '../../../platform/app-error.ts';
import { type Clock, hourMs, secondMs } from '../../../platform/clock.ts';
import type {
  AttachOutcome,
  MethodDescription,
  PaymentOutcome,
  PaymentProvider,
  PaymentRequest,
  ProviderNotice,
} from './provider.ts';
import { stripeAmount } from './stripe-amount.ts';
import { outcomeOf, outcomeOfError } from './stripe-outcome.ts';

/** The version that the package was made for: what Stripe changes in later ones does not reach us unasked. */
const apiVersion = '2026-10-28.endive';
/** A notice that is older, or from further ahead, is not taken: it may be one that somebody has kept. */
const toleranceSeconds = 300;
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

  return {
    name: 'stripe',
    collects: true,

    async createCustomer({ id, name }) {
      const fields = { name, metadata: { account_id: id } };
      const customer = await stripe.customers.create(fields, { idempotencyKey: `customer/${id}` });
      return { ref: customer.id };
    },

    async attachMethod(customer, token): Promise<AttachOutcome> {
      try {
        return {
          status: 'attached',
          method: describe(await stripe.paymentMethods.attach(token, { customer })),
        };
      } catch (error) {
        const outcome = outcomeOfError(error);
        if (outcome.status === 'declined') return { status: 'declined', code: outcome.code };
        throw error;
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
            ...{ confirm: true, off_session: !is_present },
            automatic_payment_methods: { enabled: true, allow_redirects: canRedirect ? 'always' : 'never' },
            ...(canRedirect && { return_url: returnUrl }),
            metadata: { payment_id: id, invoice_id, account_id },
          },
          { idempotencyKey: id },
        );
        return outcomeOf(intent);
      } catch (error) {
        return outcomeOfError(error);
      }
    },

    async getPayment(payment) {
      try {
        const intent = await find(payment);
        return intent && outcomeOf(intent);
      } catch (error) {
        return isMissing(error) ? null : { status: 'unknown' };
      }
    },

    async cancelPayment(payment) {
      try {
        const intent = await find(payment);
        if (!intent) return { status: 'unknown' };
        const outcome = outcomeOf(intent);
        if (outcome.status !== 'requires_action') return outcome;
        return outcomeOf(await stripe.paymentIntents.cancel(intent.id));
      } catch {
        // It may have been confirmed just now.
        return (await this.getPayment(payment)) ?? { status: 'unknown' };
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

    parseWebhook(raw, headers): ProviderNotice {
      const signature = headers['stripe-signature'] ?? '';
      const now = clock.now();
      const signedAt = Number(signature.match(/(?:^|,)t=(\d+)/)?.[1] ?? 0);
      if (signedAt > now / secondMs + toleranceSeconds) throw notSigned();
      try {
        const { webhooks } = stripe;
        const event = webhooks.constructEvent(
          raw,
          signature,
          webhookSecret,
          toleranceSeconds,
          undefined,
          now,
        );
        return noticeOf(event);
      } catch (error) {
        if (error instanceof Stripe.errors.StripeSignatureVerificationError) throw notSigned();
        // Signed as it should be, and no JSON: there is nothing to hear.
        if (error instanceof SyntaxError) return { kind: 'other' };
        throw error;
      }
    },
  };
}

const notSigned = () =>
  invalid('Stripe-Signature', 'must be the one that Stripe makes with the secret of this endpoint');

const isMissing = (error: unknown): boolean =>
  error instanceof Stripe.errors.StripeError && error.statusCode === 404;

function addressOf(apiBase: string): Pick<Stripe.StripeConfig, 'host' | 'port' | 'protocol'> {
  const { hostname, port, protocol } = new URL(apiBase);
  const isPlain = protocol === 'http:';
  return { host: hostname, port: port || (isPlain ? 80 : 443), protocol: isPlain ? 'http' : 'https' };
}

function describe({ id, type, card }: Stripe.PaymentMethod): MethodDescription {
  return {
    ...{ ref: id, kind: type, brand: card?.brand ?? null, last_four: card?.last4 ?? null },
    ...{ exp_month: card?.exp_month ?? null, exp_year: card?.exp_year ?? null },
  };
}

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

const idOf = (object: string | { id: string } | null): string | null =>
  typeof object === 'string' ? object : (object?.id ?? null);
