import type { pingWebhookEndpoint as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import { toTimestamp } from '../../platform/clock.ts';
import type { Seal } from '../../platform/crypto/seal.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import type { WebhookSender } from './send-webhook.ts';
import { signingSecrets } from './webhook-secrets.ts';
import { signedHeaders } from './webhook-signature.ts';

/** One signed test, and at once what came of it. It is no event: nothing happened. */
export function pingEndpoint(deps: {
  uow: UnitOfWork<{ endpoints: EndpointRepository }>;
  sender: WebhookSender;
  newId: NewId;
  webhookSeal: Seal;
}): UseCaseOf<typeof contract> {
  return async ({ actor, now }, { endpointId }) => {
    const endpoint = await deps.uow.read.endpoints.find(actor.account_id, endpointId);
    if (!endpoint) throw notFound('webhook endpoint');
    const id = deps.newId('event', now);
    const type = 'ping';
    const created_at = toTimestamp(now);
    const body = JSON.stringify({
      ...{ id, type, created_at, account_id: actor.account_id, data: { endpoint_id: endpoint.id } },
    });
    const headers = signedHeaders(signingSecrets(deps.webhookSeal, endpoint, now), {
      ...{ id, type, body, attempt: 1, sent_at: now },
    });
    const { retry_after_ms: _asked, ...outcome } = await deps.sender.send(endpoint.url, headers, body);
    return { started_at: created_at, ...outcome };
  };
}
