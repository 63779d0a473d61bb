import type { StripeSettings } from '../../config/config.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Billing } from './billing-context.ts';
import { manualProvider } from './providers/manual.ts';
import type { PaymentProvider } from './providers/provider.ts';
import { simulatedProvider } from './providers/simulated.ts';

/** Which provider an account has. A test account, whose clock can be moved, never meets the one that moves real money. */
export const providerChoice =
  (real: PaymentProvider): Billing['providerOf'] =>
  ({ test_now }) =>
    test_now === null ? real : simulatedProvider;

/** The provider that moves real money. */
export async function openProvider(stripe: StripeSettings | null, clock: Clock): Promise<PaymentProvider> {
  if (!stripe) return manualProvider;
  // Loaded where it is used: most servers have no Stripe, and it is large.
  const { createStripeProvider } = await import('./providers/stripe.ts');
  const { apiBase, ...settings } = stripe;
  return createStripeProvider({ ...settings, clock, ...(apiBase && { apiBase }) });
}
