import { conflict } from '../../../platform/app-error.ts';
import type { PaymentOutcome, PaymentProvider, PaymentRequest } from './provider.ts';

/** What a payment with each of the tokens comes to, and what it is when it is asked for later. */
const tokens = {
  test_ok: { first: 'succeeded', later: 'succeeded' },
  test_declined: { first: 'declined', later: 'declined' },
  test_declined_hard: { first: 'declined_hard', later: 'declined_hard' },
  /** The payer confirms it before anybody asks. */
  test_requires_action: { first: 'requires_action', later: 'succeeded' },
  /** The money has moved, and nobody hears of it. */
  test_timeout: { first: 'unknown', later: 'succeeded' },
} as const;

type Token = keyof typeof tokens;
const isToken = (token: string): token is Token => token in tokens;

function outcomeOf(payment: PaymentRequest, when: 'first' | 'later'): PaymentOutcome {
  const token = payment.method_ref.split('/')[0] ?? '';
  const ref = `simulated/${payment.id}`;
  switch (isToken(token) ? tokens[token][when] : 'declined') {
    case 'succeeded':
      return { status: 'succeeded', ref };
    case 'requires_action':
      return { status: 'requires_action', ref, url: null };
    case 'unknown':
      return { status: 'unknown' };
    case 'declined_hard':
      return { status: 'declined', ref, code: 'stolen_card', hard: true };
    default:
      return { status: 'declined', ref, code: 'card_declined', hard: false };
  }
}

/**
 * For test accounts: no money, no network, and the payment method says what happens. An account whose clock can be moved
 * must never meet a provider that moves real money.
 */
export const simulatedProvider: PaymentProvider = {
  name: 'simulated',
  collects: true,
  createCustomer: async ({ id }) => ({ ref: `simulated/${id}` }),
  async attachMethod(customer_ref, token) {
    if (!isToken(token)) return { status: 'declined', code: 'unknown_token' };
    const description = { kind: 'card', brand: 'test', last_four: '4242', exp_month: 12, exp_year: 2099 };
    return { status: 'attached', method: { ref: `${token}/${customer_ref}`, ...description } };
  },
  detachMethod: async () => {},
  setUpPage: async () => null,
  charge: async (payment) => outcomeOf(payment, 'first'),
  getPayment: async (payment) => outcomeOf(payment, 'later'),
  cancelPayment: async (payment) => outcomeOf(payment, 'later'),
  refund: async (_payment, _amount, key) => ({ ref: `simulated/${key}` }),
  parseWebhook: () => {
    throw conflict('no_provider', 'Simulated payments send nothing.');
  },
};
