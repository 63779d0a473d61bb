import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { createEndpoint } from './create-endpoint.ts';
import { deleteEndpoint } from './delete-endpoint.ts';
import { pingEndpoint } from './ping-endpoint.ts';
import { getDelivery, listDeliveries } from './read-deliveries.ts';
import { getEndpoint, listEndpoints } from './read-endpoints.ts';
import { recoverDeliveries } from './recover-deliveries.ts';
import { redeliver } from './redeliver.ts';
import { rotateSecret } from './rotate-secret.ts';
import { updateEndpoint } from './update-endpoint.ts';

type Dependencies = Parameters<typeof createEndpoint>[0] &
  Parameters<typeof updateEndpoint>[0] &
  Parameters<typeof pingEndpoint>[0] &
  Parameters<typeof recoverDeliveries>[0];

export const webhooksRouter = (procedure: ProcedureBuilder, deps: Dependencies) =>
  t.router({
    endpoints: t.router({
      list: procedure.query(contracts.listWebhookEndpoints, listEndpoints(deps)),
      create: procedure.mutation(contracts.createWebhookEndpoint, createEndpoint(deps)),
      get: procedure.query(contracts.getWebhookEndpoint, getEndpoint(deps)),
      update: procedure.mutation(contracts.updateWebhookEndpoint, updateEndpoint(deps)),
      delete: procedure.mutation(contracts.deleteWebhookEndpoint, deleteEndpoint(deps)),
      rotateSecret: procedure.mutation(contracts.rotateWebhookSecret, rotateSecret(deps)),
      ping: procedure.mutation(contracts.pingWebhookEndpoint, pingEndpoint(deps)),
      recover: procedure.mutation(contracts.recoverWebhookDeliveries, recoverDeliveries(deps)),
    }),
    deliveries: t.router({
      list: procedure.query(contracts.listWebhookDeliveries, listDeliveries(deps)),
      get: procedure.query(contracts.getWebhookDelivery, getDelivery(deps)),
      redeliver: procedure.mutation(contracts.redeliverWebhook, redeliver(deps)),
    }),
  });
