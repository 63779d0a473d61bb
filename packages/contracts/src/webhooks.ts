import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { eventTypes } from './events.ts';
import { pageInput, pageOf, sortInput, timeRange } from './pagination.ts';
import { exampleId, expectedVersion, id, text, timestamp } from './primitives.ts';

const nouns = [...new Set(eventTypes.map((type) => type.split('.')[0] as string))];

/** A type of event, all of a noun (`license.*`), or all there are (`*`). */
const eventPattern = z.enum(['*', ...nouns.map((noun) => `${noun}.*`), ...eventTypes]).meta({
  id: 'EventPattern',
  description: 'A type of event, `license.*` for all of a noun, or `*` for all.',
});

/** Does an endpoint with these patterns want events of this type? */
export const wantsEvent = (patterns: readonly string[], type: string): boolean =>
  patterns.some((pattern) =>
    pattern.endsWith('*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type,
  );

const url = z
  .string()
  .max(2000, 'must be at most 2,000 characters')
  .regex(/^https?:\/\/[!-~]+$/i, 'must be an https URL')
  .meta({ examples: ['https://hooks.example.com/thrive'] });

const endpointFields = {
  id: id('webhook_endpoint'),
  url: z.string(),
  events: z.array(z.string()),
  description: z.string().nullable(),
  ordered: z.boolean().meta({
    description: 'One at a time, in the order of events. A younger event waits at most 60 seconds.',
  }),
  enabled: z.boolean(),
  disabled_reason: z.enum(['manual', 'gone', 'failing']).nullable().meta({
    description: '`gone`: it answered 410. `failing`: for five days every attempt failed.',
  }),
  failing_since: timestamp.nullable(),
  previous_secret_until: timestamp.nullable().meta({
    description: 'Until then deliveries are also signed with the secret before.',
  }),
  created_at: timestamp,
  updated_at: timestamp,
  version: z.int(),
};

export const webhookEndpoint = z.object(endpointFields).meta({ id: 'WebhookEndpoint' });
export type WebhookEndpoint = z.infer<typeof webhookEndpoint>;

const withSecret = z
  .object({
    ...endpointFields,
    secret: z.string().meta({ description: 'Verifies deliveries (`whsec_…`). It is shown only here.' }),
  })
  .meta({ id: 'WebhookEndpointWithSecret' });

export const deliveryStatuses = ['pending', 'delivered', 'failed', 'canceled'] as const;

const deliveryFields = {
  id: id('delivery'),
  endpoint_id: id('webhook_endpoint'),
  event_id: id('event'),
  event_type: z.string(),
  sequence: z.int(),
  status: z.enum(deliveryStatuses).meta({
    description: '`failed`: every attempt failed. `canceled`: the endpoint was disabled.',
  }),
  attempts: z.int(),
  next_attempt_at: timestamp.nullable(),
  last_status: z.int().nullable().meta({ description: 'HTTP status of the newest answer.' }),
  last_error: z.string().nullable(),
  created_at: timestamp,
  updated_at: timestamp,
};
export const webhookDelivery = z.object(deliveryFields).meta({ id: 'WebhookDelivery' });
export type WebhookDelivery = z.infer<typeof webhookDelivery>;

const attemptFields = {
  started_at: timestamp,
  duration_ms: z.int(),
  outcome: z.enum(['delivered', 'failed']),
  status: z.int().nullable().meta({ description: 'HTTP status; null: no answer came.' }),
  error: z.string().nullable().meta({ description: 'Such as `timeout`, `tls`, `redirect`, `status`.' }),
  response_body: z.string().nullable().meta({ description: 'The first 2,048 bytes of the answer.' }),
};
const webhookAttempt = z.object({ number: z.int(), ...attemptFields }).meta({ id: 'WebhookAttempt' });
export type WebhookAttempt = z.infer<typeof webhookAttempt>;

const tag = 'Webhooks';
const reads = ['admin', 'read_only'] as const;
const writes = ['admin'] as const;
const endpointId = id('webhook_endpoint');

export const listWebhookEndpoints = defineProcedure({
  name: 'webhooks.endpoints.list',
  method: 'GET',
  path: '/webhooks/endpoints',
  tag,
  summary: 'List webhook endpoints',
  keys: reads,
  input: z.strictObject({ ...pageInput, ...sortInput(['created_at']) }),
  output: pageOf(webhookEndpoint),
});

export const createWebhookEndpoint = defineProcedure({
  name: 'webhooks.endpoints.create',
  method: 'POST',
  path: '/webhooks/endpoints',
  tag,
  summary: 'Create a webhook endpoint',
  description:
    'It gets the events that happen from now on. The address must be a public one, unless the operator has allowed its network. The answer shows the secret, this once.',
  keys: writes,
  input: z.strictObject({
    url,
    events: z.array(eventPattern).min(1).max(20).optional().meta({ description: 'All when left out.' }),
    description: text(500).optional(),
    ordered: z.boolean().optional(),
    enabled: z.boolean().optional(),
  }),
  output: withSecret,
  statuses: [201],
  errors: ['PLAN_LIMIT_REACHED'],
  example: { url: 'https://hooks.example.com/thrive', events: ['license.*'] },
});

export const getWebhookEndpoint = defineProcedure({
  name: 'webhooks.endpoints.get',
  method: 'GET',
  path: '/webhooks/endpoints/:endpointId',
  tag,
  summary: 'Get a webhook endpoint',
  keys: reads,
  input: z.strictObject({ endpointId }),
  output: webhookEndpoint,
  errors: ['RESOURCE_NOT_FOUND'],
});

export const updateWebhookEndpoint = defineProcedure({
  name: 'webhooks.endpoints.update',
  method: 'PUT',
  path: '/webhooks/endpoints/:endpointId',
  tag,
  summary: 'Update a webhook endpoint',
  description:
    'Disabled, it gets nothing: what is waiting is canceled, and `recover` fetches it later. Enabling it forgets past failures.',
  keys: writes,
  input: z.strictObject({
    endpointId,
    url: url.optional(),
    events: z.array(eventPattern).min(1).max(20).optional(),
    description: text(500).nullable().optional(),
    ordered: z.boolean().optional(),
    enabled: z.boolean().optional(),
    version: expectedVersion,
  }),
  output: webhookEndpoint,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { enabled: false },
});

export const deleteWebhookEndpoint = defineProcedure({
  name: 'webhooks.endpoints.delete',
  method: 'DELETE',
  path: '/webhooks/endpoints/:endpointId',
  tag,
  summary: 'Delete a webhook endpoint',
  description: 'With its deliveries.',
  keys: writes,
  input: z.strictObject({ endpointId }),
  output: z.object({ id: endpointId, deleted: z.literal(true) }),
  errors: ['RESOURCE_NOT_FOUND'],
});

export const rotateWebhookSecret = defineProcedure({
  name: 'webhooks.endpoints.rotateSecret',
  method: 'POST',
  path: '/webhooks/endpoints/:endpointId/rotate-secret',
  tag,
  summary: 'Replace the secret of a webhook endpoint',
  description:
    'For `overlap_hours` more, deliveries carry a signature of each, so that the receiver can be changed over.',
  keys: writes,
  input: z.strictObject({ endpointId, overlap_hours: z.int().min(0).max(720).default(24) }),
  output: withSecret,
  errors: ['RESOURCE_NOT_FOUND'],
  example: { overlap_hours: 24 },
});

export const pingWebhookEndpoint = defineProcedure({
  name: 'webhooks.endpoints.ping',
  method: 'POST',
  path: '/webhooks/endpoints/:endpointId/ping',
  tag,
  summary: 'Send a test to a webhook endpoint',
  description:
    'One attempt, now, also when the endpoint is disabled. The body is signed like any other; its type is `ping`, and it is no event: it has no sequence and is not kept.',
  keys: writes,
  input: z.strictObject({ endpointId }),
  output: z.object(attemptFields).meta({ id: 'WebhookPing' }),
  errors: ['RESOURCE_NOT_FOUND'],
});

export const recoverWebhookDeliveries = defineProcedure({
  name: 'webhooks.endpoints.recover',
  method: 'POST',
  path: '/webhooks/endpoints/:endpointId/recover',
  tag,
  summary: 'Send again what an endpoint missed',
  description:
    'Every event since then that it wants and has not received: failed, canceled, or from before it was there. At most 10,000 at a time, oldest first; `has_more` says that there are others.',
  keys: writes,
  input: z.strictObject({ endpointId, since: timestamp }),
  output: z.object({ requeued: z.int(), has_more: z.boolean() }),
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: { since: '2026-01-26T12:00:00.000Z' },
});

export const listWebhookDeliveries = defineProcedure({
  name: 'webhooks.deliveries.list',
  method: 'GET',
  path: '/webhooks/deliveries',
  tag,
  summary: 'List deliveries',
  keys: reads,
  input: z.strictObject({
    ...pageInput,
    ...sortInput(['created_at']),
    ...timeRange('created'),
    endpoint_id: endpointId.optional(),
    event_id: id('event').optional(),
    status: z.enum(deliveryStatuses).optional(),
  }),
  output: pageOf(webhookDelivery),
});

export const getWebhookDelivery = defineProcedure({
  name: 'webhooks.deliveries.get',
  method: 'GET',
  path: '/webhooks/deliveries/:deliveryId',
  tag,
  summary: 'Get a delivery with its attempts',
  keys: reads,
  input: z.strictObject({ deliveryId: id('delivery') }),
  output: z
    .object({
      ...deliveryFields,
      attempts_log: z.array(webhookAttempt).meta({ description: 'The newest 50, oldest first.' }),
      body: z.string().meta({ description: 'What is sent, byte for byte.' }),
    })
    .meta({ id: 'WebhookDeliveryDetails' }),
  errors: ['RESOURCE_NOT_FOUND'],
});

export const redeliverWebhook = defineProcedure({
  name: 'webhooks.deliveries.redeliver',
  method: 'POST',
  path: '/webhooks/deliveries/:deliveryId/redeliver',
  tag,
  summary: 'Deliver again',
  description: 'The same id and the same bytes, now, with a full set of attempts.',
  keys: writes,
  input: z.strictObject({ deliveryId: id('delivery') }),
  output: webhookDelivery,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
  example: {},
});

/** The body of a `ping`. */
export const pingBody = z.object({
  id: z.string().meta({ examples: [exampleId('event')] }),
  type: z.literal('ping'),
  created_at: timestamp,
  account_id: z.string(),
  data: z.object({ endpoint_id: z.string() }),
});
