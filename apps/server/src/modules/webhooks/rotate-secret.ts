import type { rotateWebhookSecret as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import { hourMs } from '../../platform/clock.ts';
import type { Seal } from '../../platform/crypto/seal.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import { changed, endpointView } from './endpoint.ts';
import { sealSecret } from './webhook-secrets.ts';
import { newWebhookSecret } from './webhook-signature.ts';

/** A new secret; for an overlap, deliveries are signed with both. Rotated again within it, the oldest is out at once. */
export function rotateSecret(deps: {
  uow: UnitOfWork<{ endpoints: EndpointRepository; audit: AuditLog }>;
  webhookSeal: Seal;
}): UseCaseOf<typeof contract> {
  return (request, { endpointId, overlap_hours }) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const endpoint = await tx.endpoints.findForUpdate(actor.account_id, endpointId);
      if (!endpoint) throw notFound('webhook endpoint');
      const secret = newWebhookSecret();
      const rotated = changed(
        endpoint,
        {
          secret_sealed: sealSecret(deps.webhookSeal, endpoint.id, secret),
          previous_secret_sealed: endpoint.secret_sealed,
          previous_secret_until: now + overlap_hours * hourMs,
        },
        now,
      );
      await tx.endpoints.replace(rotated);
      const view = endpointView(rotated, now);
      await tx.audit.record(request, {
        action: 'webhook_endpoint.secret_rotated',
        target_id: endpoint.id,
        before: endpointView(endpoint, now),
        after: view,
      });
      return { ...view, secret };
    });
}
