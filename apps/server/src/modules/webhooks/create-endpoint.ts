import type { createWebhookEndpoint as contract } from '@thrivetech/contracts';
import type { Seal } from '../../platform/crypto/seal.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { UsageRepository } from '../usage/index.ts';
import type { AddressGuard } from './address-guard.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import { type EndpointRecord, endpointView } from './endpoint.ts';
import { refuseAddress } from './refuse-address.ts';
import type { Resolve } from './send-webhook.ts';
import { sealSecret } from './webhook-secrets.ts';
import { newWebhookSecret } from './webhook-signature.ts';

export function createEndpoint(deps: {
  uow: UnitOfWork<{ endpoints: EndpointRepository; usage: UsageRepository; audit: AuditLog }>;
  newId: NewId;
  guard: AddressGuard;
  resolve: Resolve;
  webhookSeal: Seal;
}): UseCaseOf<typeof contract> {
  return async (request, input) => {
    await refuseAddress(deps.guard, deps.resolve, input.url);
    return deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const { account_id } = actor;
      // Before the row is written, unlike elsewhere: that row waits for nobody, and from here on no event can come between.
      await tx.usage.countMore(request, 'webhook_endpoints');
      const after_sequence = await tx.endpoints.passOverEvents(account_id);

      const id = deps.newId('webhook_endpoint', now);
      const secret = newWebhookSecret();
      const isEnabled = input.enabled ?? true;
      const endpoint: EndpointRecord = {
        ...{ id, account_id, url: input.url, events: input.events ?? ['*'] },
        ...{ description: input.description ?? null, ordered: input.ordered ?? false },
        ...{ enabled: isEnabled, disabled_reason: isEnabled ? null : 'manual', failing_since: null },
        secret_sealed: sealSecret(deps.webhookSeal, id, secret),
        ...{ previous_secret_sealed: null, previous_secret_until: null, after_sequence },
        ...{ created_at: now, updated_at: now, version: 1 },
      };
      await tx.endpoints.insert(endpoint);
      const view = endpointView(endpoint, now);
      await tx.audit.record(request, { action: 'webhook_endpoint.created', target_id: id, after: view });
      return { ...view, secret };
    });
  };
}
