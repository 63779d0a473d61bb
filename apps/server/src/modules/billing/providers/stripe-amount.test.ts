import { expect, it } from 'vitest';
import { stripeAmount } from './stripe-amount.ts';

it.each([
  ['USD', 2900, 2900],
  ['JPY', 968, 968],
  ['ISK', 500, 50_000],
  ['UGX', 500, 50_000],
  ['MGA', 500, 5],
  ['MGA', 550, null],
  ['KWD', 16_100, 16_100],
  ['KWD', 16_101, null],
])('%s %i is %s to Stripe', (currency, amount, expected) => {
  expect(stripeAmount(amount, currency)).toBe(expected);
});
