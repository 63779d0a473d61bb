import type { Clock } from '../../platform/clock.ts';
import type { NewId } from '../../platform/ids.ts';
import { systemRequest } from '../../platform/request-context.ts';
import type { AuditLog } from '../audit/index.ts';
import type { Attempt } from './deliver-events.ts';
import type { AttemptRecord, DeliveryRepository } from './delivery.repository.ts';
import type { EndpointRepository } from './endpoint.repository.ts';
import { type EndpointRecord, endpointView, judged } from './endpoint.ts';

/**
 * Writes what attempts came to, and what they say of the endpoint: an answer of 410 and five days of failures disable it.
 *
 * @returns the endpoint as it is now; null: it was deleted while its turn ran.
 */
export async function noteOutcomes(
  tx: { endpoints: EndpointRepository; deliveries: DeliveryRepository; audit: AuditLog },
  { clock, newId }: { clock: Clock; newId: NewId },
  { account_id, id }: EndpointRecord,
  attempts: readonly Attempt[],
): Promise<EndpointRecord | null> {
  const now = clock.now();
  // Before its deliveries, as everybody locks them: in another order two would wait for each other.
  const endpoint = await tx.endpoints.findForUpdate(account_id, id);
  if (!endpoint) return null;
  const noted: Attempt[] = [];
  for (const attempt of attempts) {
    if (await tx.deliveries.replace(attempt.before, attempt.after)) noted.push(attempt);
  }
  const bodies = await tx.deliveries.bodiesOf(account_id, answered(attempts));
  await tx.deliveries.logAttempts(
    attempts.map(({ body, before, after, outcome, started_at }): AttemptRecord => {
      const { retry_after_ms: _asked, ...kept } = outcome;
      // A person was erased from the event while its receiver answered, and what it says may repeat what it was sent.
      const isErased = bodies.get(before.event_id) !== body;
      return {
        ...{ id: newId('delivery_attempt', now), account_id, delivery_id: before.id },
        ...{ number: after.attempts, started_at, ...kept },
        ...(isErased && { response_body: null }),
      };
    }),
  );

  const left = judged(
    endpoint,
    {
      hasDelivered: noted.some(({ outcome }) => outcome.outcome === 'delivered'),
      hasFailed: noted.some(({ outcome }) => outcome.outcome === 'failed'),
      isGone: noted.some(({ outcome }) => outcome.status === 410),
    },
    now,
  );
  if (left !== endpoint) await tx.endpoints.replace(left);
  if (endpoint.enabled && !left.enabled) {
    await tx.deliveries.cancelWaiting(account_id, id, now);
    await tx.audit.record(systemRequest(account_id, { id: newId('request', now), now }), {
      action: 'webhook_endpoint.disabled',
      target_id: id,
      before: endpointView(endpoint, now),
      after: endpointView(left, now),
    });
  }
  return left;
}

/** The events to which a receiver had something to say. */
const answered = (attempts: readonly Attempt[]): string[] => [
  ...new Set(
    attempts.filter(({ outcome }) => outcome.response_body !== null).map(({ before }) => before.event_id),
  ),
];
