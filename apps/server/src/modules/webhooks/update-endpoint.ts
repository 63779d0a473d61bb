import type { updateWebhookEndpoint as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import { given, type UseCaseOf } from '../../platform/use-case.ts';
import { refuseStaleVersion } from '../../platform/version-guard.ts';
import type { AuditLog } from '../audit/index.ts';
import type { AddressGuard } from './address-guard.ts';
import type { DeliveryRepository } from './delivery.repository.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import { changed, disabled, enabled, endpointView } from './endpoint.ts';
import { refuseAddress } from './refuse-address.ts';
import type { Resolve } from './send-webhook.ts';

export function updateEndpoint(deps: {
  uow: UnitOfWork<{ endpoints: EndpointRepository; deliveries: DeliveryRepository; audit: AuditLog }>;
  guard: AddressGuard;
  resolve: Resolve;
}): UseCaseOf<typeof contract> {
  return async (request, { endpointId, version, enabled: wanted, ...fields }) => {
    if (fields.url !== undefined) await refuseAddress(deps.guard, deps.resolve, fields.url);
    return deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const { account_id } = actor;
      const endpoint = await tx.endpoints.findForUpdate(account_id, endpointId);
      if (!endpoint) throw notFound('webhook endpoint');
      refuseStaleVersion(endpoint, version);

      const edited = changed(endpoint, given(fields), now);
      const isSwitched = wanted !== undefined && wanted !== endpoint.enabled;
      const after = !isSwitched
        ? edited
        : { ...(wanted ? enabled(edited, now) : disabled(edited, 'manual', now)), version: edited.version };
      await tx.endpoints.replace(after);
      if (isSwitched && !wanted) await tx.deliveries.cancelWaiting(account_id, endpoint.id, now);
      const view = endpointView(after, now);
      await tx.audit.record(request, {
        action: 'webhook_endpoint.updated',
        target_id: endpoint.id,
        before: endpointView(endpoint, now),
        after: view,
      });
      return view;
    });
  };
}
