import type { BillingInterval, Plan } from '@thrivetech/contracts';
import type { PlanContract } from './plan-contract.repository.ts';
import type { PricedPlan } from './subscription.ts';

/**
 * A plan at the price that an account gets: that of the plan file, or of its contract where the plan is custom.
 *
 * @param currencyWanted where the account has a currency already, the price in that.
 * @returns null: it is not offered to the account for that interval.
 */
export function pricedPlan(
  plan: Plan,
  contract: PlanContract | null,
  { interval, currencyWanted }: { interval: BillingInterval; currencyWanted: string | null },
): PricedPlan | null {
  const offers = plan.custom ? (contract?.plan_code === plan.code ? [contract] : []) : plan.prices;
  const offer =
    currencyWanted === null ? offers[0] : offers.find(({ currency }) => currency === currencyWanted);
  const price = offer?.[interval] ?? null;
  if (!offer || price === null) return null;
  return { plan_code: plan.code, interval, currency: offer.currency, price };
}

const monthsOf = { month: 1, year: 12 } as const;

/**
 * Which way a change of plan goes. A higher plan costs more for the same interval; where it costs the same, the plan file
 * lists it later. Within a plan, from months to years is up: more is paid ahead.
 *
 * @param rankOf the place of a plan in the plan file.
 * @param price what the new plan costs for the interval of the old one; null: it is not offered for that.
 */
export function directionOf(
  from: PricedPlan,
  to: PricedPlan,
  price: number | null,
  rankOf: (plan_code: string) => number,
): 'same' | 'up' | 'down' {
  if (from.plan_code === to.plan_code) {
    if (from.interval === to.interval) return 'same';
    return to.interval === 'year' ? 'up' : 'down';
  }
  const perMonth = (amount: number, interval: BillingInterval) => amount / monthsOf[interval];
  const before = perMonth(from.price, from.interval);
  const after = price === null ? perMonth(to.price, to.interval) : perMonth(price, from.interval);
  if (before === after) return rankOf(to.plan_code) > rankOf(from.plan_code) ? 'up' : 'down';
  return after > before ? 'up' : 'down';
}
