import type { StripeSettings } from '../../config/config.ts';
import type { Clock } from '../../platform/clock.ts';
import { manualProvider } from './providers/manual.ts';
import type { PaymentProvider } from './providers/provider.ts';

/** The provider that moves real money. */
export async function openProvider(stripe: StripeSettings | null, clock: Clock): Promise<PaymentProvider> {
  if (!stripe) return manualProvider;
  // Loaded where it is used: most servers have no Stripe, and it is large.
  const { createStripeProvider } = await import('./providers/stripe.ts');
  const { apiBase, ...settings } = stripe;
  return createStripeProvider({ ...settings, clock, ...(apiBase && { apiBase }) });
}
