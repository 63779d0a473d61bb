export { loadPlanCatalogue, type PlanCatalogue } from './plan-catalogue.ts';
export { plansRouter } from './router.ts';
