/** What is known of an account as a payer. */
export interface BillingProfile {
  readonly account_id: string;
  /** Who it is at its payment provider. */
  readonly provider: string | null;
  readonly customer_ref: string | null;
  readonly credit_currency: string | null;
  /** What the platform owes it, in minor units. */
  readonly credit_balance: number;
  /** An account has one trial, whatever the plan. */
  readonly trial_used_at: number | null;
}

/** How much of an amount the credit balance pays. */
export const creditFor = (profile: BillingProfile, currency: string, amount: number): number =>
  profile.credit_currency === currency ? Math.max(0, Math.min(profile.credit_balance, amount)) : 0;

/**
 * The profile with a credit more (or, below zero, less). One currency at a time: that of the account's plan.
 *
 * @throws {Error} when credit of another currency is still there.
 */
export function withCredit(profile: BillingProfile, currency: string, amount: number): BillingProfile {
  if (profile.credit_balance > 0 && profile.credit_currency !== currency) {
    throw new Error(
      `The account ${profile.account_id} has credit in ${profile.credit_currency}, not ${currency}.`,
    );
  }
  return { ...profile, credit_currency: currency, credit_balance: profile.credit_balance + amount };
}
