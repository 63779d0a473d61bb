import type { WebhookEndpoint } from '@thrivetech/contracts';
import { dayMs, toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';

/** Where an account wants to be told of events. Times in epoch milliseconds. */
export interface EndpointRecord {
  readonly id: string;
  readonly account_id: string;
  readonly url: string;
  /** Types, `noun.*`, or `*`. */
  readonly events: readonly string[];
  readonly description: string | null;
  readonly ordered: boolean;
  readonly enabled: boolean;
  readonly disabled_reason: DisabledReason | null;
  /** Since when every attempt has failed; null: the newest one did not. */
  readonly failing_since: number | null;
  readonly secret_sealed: string;
  readonly previous_secret_sealed: string | null;
  readonly previous_secret_until: number | null;
  /** Events up to this sequence are not for it. */
  readonly after_sequence: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly version: number;
}

type DisabledReason = NonNullable<WebhookEndpoint['disabled_reason']>;

/** An endpoint at which nothing arrived for so long is disabled (webhooks.md). */
const failingForMs = 5 * dayMs;

export function endpointView(endpoint: EndpointRecord, now: number): WebhookEndpoint {
  const { previous_secret_until } = endpoint;
  return {
    id: endpoint.id,
    url: endpoint.url,
    events: [...endpoint.events],
    description: endpoint.description,
    ordered: endpoint.ordered,
    enabled: endpoint.enabled,
    disabled_reason: endpoint.disabled_reason,
    failing_since: toTimestampOrNull(endpoint.failing_since),
    previous_secret_until: toTimestampOrNull(
      previous_secret_until !== null && previous_secret_until > now ? previous_secret_until : null,
    ),
    created_at: toTimestamp(endpoint.created_at),
    updated_at: toTimestamp(endpoint.updated_at),
    version: endpoint.version,
  };
}

/** The endpoint with its next version. */
export const changed = (
  endpoint: EndpointRecord,
  changes: Partial<EndpointRecord>,
  now: number,
): EndpointRecord => ({ ...endpoint, ...changes, updated_at: now, version: endpoint.version + 1 });

export const disabled = (endpoint: EndpointRecord, reason: DisabledReason, now: number): EndpointRecord =>
  changed(endpoint, { enabled: false, disabled_reason: reason }, now);

/** Past failures are forgotten: it gets five days again. */
export const enabled = (endpoint: EndpointRecord, now: number): EndpointRecord =>
  changed(endpoint, { enabled: true, disabled_reason: null, failing_since: null }, now);

/** What the newest attempts say of an endpoint. */
export interface Findings {
  readonly hasDelivered: boolean;
  readonly hasFailed: boolean;
  /** It answered 410: it wants nothing more. */
  readonly isGone: boolean;
}

/**
 * The endpoint after its newest attempts: when its failures began, and whether it is disabled now.
 *
 * @returns the same object when nothing changed.
 */
export function judged(endpoint: EndpointRecord, found: Findings, now: number): EndpointRecord {
  if (found.isGone) return disabled(endpoint, 'gone', now);
  if (found.hasDelivered)
    return endpoint.failing_since === null ? endpoint : { ...endpoint, failing_since: null };
  if (!found.hasFailed) return endpoint;
  const since = endpoint.failing_since ?? now;
  if (now - since >= failingForMs) return disabled({ ...endpoint, failing_since: since }, 'failing', now);
  return endpoint.failing_since === null ? { ...endpoint, failing_since: since } : endpoint;
}
