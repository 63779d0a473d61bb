import { currencyExponent } from '../money.ts';

/** Stripe counts these in hundredths, although they have none. */
const withoutDecimalsInHundredths: readonly string[] = ['ISK', 'UGX'];
/** Stripe counts these in whole units, although ISO 4217 gives them two decimals. */
const inWholeUnits: readonly string[] = ['MGA'];

/**
 * An amount of minor units as Stripe counts it.
 *
 * @returns null: Stripe cannot charge exactly this, and nothing is ever charged that is not exact.
 */
export function stripeAmount(amount: number, currency: string): number | null {
  if (withoutDecimalsInHundredths.includes(currency)) return amount * 100;
  if (inWholeUnits.includes(currency)) return amount % 100 === 0 ? amount / 100 : null;
  // Of three decimals Stripe charges two: the last digit must be 0.
  if (currencyExponent(currency) === 3) return amount % 10 === 0 ? amount : null;
  return amount;
}
