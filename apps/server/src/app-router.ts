import { activationsRouter, licenseFilesRouter } from './modules/activations/index.ts';
import { apiKeysRouter } from './modules/api-keys/index.ts';
import { auditRouter } from './modules/audit/index.ts';
import { billingRouter } from './modules/billing/index.ts';
import { customersRouter } from './modules/customers/index.ts';
import { eventsRouter } from './modules/events/index.ts';
import { customerLicensesRouter, licensesRouter } from './modules/licenses/index.ts';
import { plansRouter } from './modules/plans/index.ts';
import { productsRouter } from './modules/products/index.ts';
import { webhooksRouter } from './modules/webhooks/index.ts';
import { t } from './trpc/init.ts';
import type { ProcedureBuilder } from './trpc/procedure.ts';

type Dependencies = Parameters<typeof productsRouter>[1] &
  Parameters<typeof customersRouter>[1] &
  Parameters<typeof licensesRouter>[1] &
  Parameters<typeof activationsRouter>[1] &
  Parameters<typeof apiKeysRouter>[1] &
  Parameters<typeof eventsRouter>[1] &
  Parameters<typeof auditRouter>[1] &
  Parameters<typeof plansRouter>[1] &
  Parameters<typeof billingRouter>[1] &
  Parameters<typeof webhooksRouter>[1];

/** Every procedure of the platform: one router per slice. */
export const createAppRouter = (procedure: ProcedureBuilder, deps: Dependencies) =>
  t.router({
    plans: plansRouter(procedure, deps),
    billing: billingRouter(procedure, deps),
    products: productsRouter(procedure, deps),
    customers: t.mergeRouters(customersRouter(procedure, deps), customerLicensesRouter(procedure, deps)),
    licenses: t.mergeRouters(licensesRouter(procedure, deps), licenseFilesRouter(procedure, deps)),
    activations: activationsRouter(procedure, deps),
    apiKeys: apiKeysRouter(procedure, deps),
    events: eventsRouter(procedure, deps),
    audit: auditRouter(procedure, deps),
    webhooks: webhooksRouter(procedure, deps),
  });

export type AppRouter = ReturnType<typeof createAppRouter>;
