import { afterAll } from 'vitest';
import { FakeStripe } from './fake-stripe.fixtures.ts';
import type { PaymentProvider, PaymentRequest } from './provider.ts';
import { createStripeProvider } from './stripe.ts';

/** Where a request begins a payment. */
export const charges = 'POST /v1/payment_intents';
export const once = { amount: 2900, times: 1 };
export const nothing = { amount: 0, times: 0 };

/** A Stripe of its own for one file of tests, and the provider that speaks to it. */
export async function openBench() {
  const stripe = await new FakeStripe().start();
  afterAll(() => stripe.stop());
  const now = Date.now();
  let serial = 0;
  const unique = (prefix: string) => `${prefix}_${++serial}`;

  const open = (
    changes: { secretKey?: string; returnUrl?: string | null; timeoutMs?: number } = {},
  ): PaymentProvider =>
    createStripeProvider({
      ...{ secretKey: stripe.secretKey, webhookSecret: stripe.webhookSecret, apiBase: stripe.baseUrl },
      ...{ clock: { now: () => now }, returnUrl: 'https://vendor.example.com/paid', ...changes },
    });
  const provider = open();

  const newCustomer = async () => (await provider.createCustomer({ id: unique('acc'), name: 'Vendor' })).ref;

  /** A payment with a method that lies at Stripe, of a customer of its own unless one is named. */
  const payment = async (
    method = 'pm_ok',
    changes: Partial<PaymentRequest> = {},
  ): Promise<PaymentRequest> => {
    const customer_ref = changes.customer_ref ?? (await newCustomer());
    const method_ref = unique(method);
    await provider.attachMethod(customer_ref, method_ref);
    return {
      ...{ id: unique('pay'), account_id: 'acc_1', invoice_id: 'inv_1', amount: 2900, currency: 'USD' },
      ...{ customer_ref, method_ref, is_present: true, ref: null, created_at: now, ...changes },
    };
  };

  return {
    ...{ stripe, now, unique, open, provider, newCustomer, payment },
    /** For calls that get no answer; the other one waits long enough for a busy machine. */
    impatient: open({ timeoutMs: 300 }),
    takenFor: ({ id }: PaymentRequest) => stripe.moneyTaken().get(id) ?? nothing,
    /** The payment that Stripe made last. */
    newest: () => {
      const intent = stripe.intents.at(-1);
      if (!intent) throw new Error('There is no payment.');
      return intent;
    },
  };
}
