import type { BillingInterval, Plan } from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import type { Billing, BillingRepositories } from './billing-context.ts';
import { directionOf, pricedPlan } from './plan-price.ts';
import type { OwnSubscription } from './read-subscription.ts';
import type { PricedPlan } from './subscription.ts';

export interface ChosenPlan {
  readonly plan: Plan;
  readonly priced: PricedPlan;
}

/**
 * The plan that an account asks for, at its price.
 *
 * @throws {AppError} RESOURCE_NOT_FOUND for an unknown plan; CONFLICT for a custom plan without a contract, and for an
 *   interval that the plan is not offered for.
 */
export async function choosePlan(
  { plans }: Pick<Billing, 'plans'>,
  { planContracts }: Pick<BillingRepositories, 'planContracts'>,
  account_id: string,
  wanted: { plan_code: string; interval: BillingInterval; currency: string | null },
): Promise<ChosenPlan> {
  const plan = plans.find(wanted.plan_code);
  if (!plan) throw notFound('plan');
  const contract = await planContracts.find(account_id);
  if (plan.custom && contract?.plan_code !== plan.code) {
    throw conflict('no_contract', `The plan "${plan.code}" is by contract; ask the operator of this server.`);
  }
  const { interval, currency: currencyWanted } = wanted;
  const priced = pricedPlan(plan, contract, { interval, currencyWanted });
  if (!priced) {
    throw conflict(
      'not_offered',
      `The plan "${plan.code}" is not offered by the ${interval} in this currency.`,
    );
  }
  return { plan, priced };
}

/** Which way a change goes, at the prices of this account. */
export async function directionFor(
  { plans }: Pick<Billing, 'plans'>,
  { planContracts }: Pick<BillingRepositories, 'planContracts'>,
  from: OwnSubscription,
  { plan, priced }: ChosenPlan,
): Promise<'same' | 'up' | 'down'> {
  const contract = await planContracts.find(from.account_id);
  const { interval, currency } = from;
  const alike = pricedPlan(plan, contract, { interval, currencyWanted: currency });
  const codes = plans.list().map(({ code }) => code);
  return directionOf(from, priced, alike?.price ?? null, (code) => codes.indexOf(code));
}
