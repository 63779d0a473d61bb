import type { getPlan as getContract, listPlans as listContract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { PlanCatalogue } from './plan-catalogue.ts';

interface Dependencies {
  plans: PlanCatalogue;
}

export const listPlans =
  ({ plans }: Dependencies): UseCaseOf<typeof listContract> =>
  async () => [...plans.list()];

export const getPlan =
  ({ plans }: Dependencies): UseCaseOf<typeof getContract> =>
  async (_request, { planCode }) => {
    const plan = plans.find(planCode);
    if (!plan) throw notFound('plan');
    return plan;
  };
