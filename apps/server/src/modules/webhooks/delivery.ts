import type { deliveryStatuses, WebhookDelivery } from '@thrivetech/contracts';
import { hourMs, minuteMs, secondMs, toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';

/** One event on its way to one endpoint. Times in epoch milliseconds. */
export interface DeliveryRecord {
  readonly id: string;
  readonly account_id: string;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly sequence: number;
  readonly status: (typeof deliveryStatuses)[number];
  /** Attempts of the present round; a redelivery begins a new one. */
  readonly attempts: number;
  /** When the next attempt is due; null: none is to come. */
  readonly due_at: number | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly created_at: number;
  readonly updated_at: number;
}

/** What one attempt came to. */
export interface Outcome {
  readonly outcome: 'delivered' | 'failed';
  /** HTTP status; null: no answer came. */
  readonly status: number | null;
  /** What went wrong, in one word for programs. */
  readonly error: AttemptError | null;
  readonly duration_ms: number;
  /** The first 2,048 bytes of the answer. */
  readonly response_body: string | null;
  /** The receiver asked to be left alone for so long. */
  readonly retry_after_ms: number | null;
}

export type AttemptError =
  | 'address_refused'
  | 'connection'
  | 'dns'
  | 'redirect'
  | 'status'
  | 'timeout'
  | 'tls'
  | 'invalid_answer';

/** Waits before each attempt (webhooks.md): ten in all, over a little more than three days. */
const retryAfterMs = [
  0,
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
] as const;
export const attemptsMax = retryAfterMs.length;
const jitterPart = 0.2;
const askedWaitMaxMs = 24 * hourMs;

/**
 * When a delivery is tried again after its nth attempt failed; null: that was the last one.
 *
 * @param attempts how many were made.
 * @param random 0 to 1: spreads the retries of all that failed at one moment by a fifth either way.
 * @param askedMs the receiver's `Retry-After`: honoured up to a day, and never earlier than planned.
 */
export function nextAttemptAt(
  attempts: number,
  { now, random, askedMs }: { now: number; random: number; askedMs: number | null },
): number | null {
  const wait = retryAfterMs[attempts];
  if (wait === undefined) return null;
  const spread = wait * (1 + jitterPart * (2 * random - 1));
  return now + Math.round(Math.max(spread, Math.min(askedMs ?? 0, askedWaitMaxMs)));
}

/** The delivery after an attempt. */
export function attempted(
  delivery: DeliveryRecord,
  outcome: Outcome,
  { now, random }: { now: number; random: number },
): DeliveryRecord {
  const attempts = delivery.attempts + 1;
  const facts = { attempts, last_status: outcome.status, last_error: outcome.error, updated_at: now };
  if (outcome.outcome === 'delivered') return { ...delivery, ...facts, status: 'delivered', due_at: null };
  const due_at = nextAttemptAt(attempts, { now, random, askedMs: outcome.retry_after_ms });
  return { ...delivery, ...facts, status: due_at === null ? 'failed' : 'pending', due_at };
}

/** A round of attempts begins anew, at once. */
export const requeued = (delivery: DeliveryRecord, now: number): DeliveryRecord => ({
  ...delivery,
  status: 'pending',
  attempts: 0,
  due_at: now,
  updated_at: now,
});

export function deliveryView(delivery: DeliveryRecord): WebhookDelivery {
  return {
    id: delivery.id,
    endpoint_id: delivery.endpoint_id,
    event_id: delivery.event_id,
    event_type: delivery.event_type,
    sequence: delivery.sequence,
    status: delivery.status,
    attempts: delivery.attempts,
    next_attempt_at: toTimestampOrNull(delivery.due_at),
    last_status: delivery.last_status,
    last_error: delivery.last_error,
    created_at: toTimestamp(delivery.created_at),
    updated_at: toTimestamp(delivery.updated_at),
  };
}
