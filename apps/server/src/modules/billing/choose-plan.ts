import type { BillingInterval, Plan } from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import type { Billing, BillingRepositories } from './billing-context.ts';
import type { PlanContract } from './plan-contract.repository.ts';
import { directionOf, pricedPlan } from './plan-price.ts';
import type { PricedPlan, PricedSubscription } from './subscription.ts';

export interface ChosenPlan {
  readonly plan: Plan;
  readonly priced: PricedPlan;
  /** What the account was offered, at whose price a custom plan is chosen. */
  readonly contract: PlanContract | null;
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
  return { plan, priced, contract };
}

/** Which way a change goes, at the prices of this account. */
export function directionFor(
  { plans }: Pick<Billing, 'plans'>,
  from: PricedSubscription,
  { plan, priced, contract }: ChosenPlan,
): 'same' | 'up' | 'down' {
  const { interval, currency } = from;
  const alike = pricedPlan(plan, contract, { interval, currencyWanted: currency });
  const codes = plans.list().map(({ code }) => code);
  return directionOf(from, priced, alike?.price ?? null, (code) => codes.indexOf(code));
}
