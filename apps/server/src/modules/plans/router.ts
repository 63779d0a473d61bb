import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import type { PlanCatalogue } from './plan-catalogue.ts';
import { getPlan, listPlans } from './read-plans.ts';

export const plansRouter = (procedure: ProcedureBuilder, deps: { plans: PlanCatalogue }) =>
  t.router({
    list: procedure.query(contracts.listPlans, listPlans(deps)),
    get: procedure.query(contracts.getPlan, getPlan(deps)),
  });
