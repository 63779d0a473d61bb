import type { deleteWebhookEndpoint as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import { endpointView } from './endpoint.ts';

export function deleteEndpoint(deps: {
  uow: UnitOfWork<{ endpoints: EndpointRepository; usage: UsageRepository; audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { endpointId }) =>
    deps.uow.run(request, async (tx) => {
      const { account_id } = request.actor;
      const endpoint = await tx.endpoints.findForUpdate(account_id, endpointId);
      if (!endpoint) throw notFound('webhook endpoint');
      await tx.endpoints.remove(account_id, endpoint.id);
      tx.usage.countLess(account_id, 'webhook_endpoints');
      await tx.audit.record(request, {
        action: 'webhook_endpoint.deleted',
        target_id: endpoint.id,
        before: endpointView(endpoint, request.now),
      });
      return { id: endpoint.id, deleted: true as const };
    });
}
