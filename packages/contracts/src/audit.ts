import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { eventTypes } from './events.ts';
import { pageInput, pageOf, sortInput, timeRange } from './pagination.ts';
import { id, text, timestamp } from './primitives.ts';

export const event = z
  .object({
    id: id('event'),
    type: z.enum(eventTypes),
    created_at: timestamp,
    account_id: id('account'),
    sequence: z.int(),
    data: z.record(z.string(), z.unknown()),
  })
  .meta({ id: 'Event', description: 'Something that happened; the body that webhooks carry.' });
export type Event = z.infer<typeof event>;

export const auditEntry = z
  .object({
    id: id('audit_entry'),
    sequence: z.int(),
    created_at: timestamp,
    actor_type: z.string(),
    actor_id: z.string(),
    address: z.string(),
    request_id: z.string(),
    action: z.string(),
    target_id: z.string(),
    before: z.unknown(),
    after: z.unknown(),
    erased: z.boolean().meta({ description: 'Before and after held personal data that was erased.' }),
    hash: z.string().meta({ description: 'Chains this entry to the one before.' }),
  })
  .meta({ id: 'AuditEntry', description: 'Who changed what, from where, before and after.' });
export type AuditEntry = z.infer<typeof auditEntry>;

const keys = ['admin', 'read_only'] as const;
const tag = 'Events and audit';

export const listEvents = defineProcedure({
  name: 'events.list',
  method: 'GET',
  path: '/events',
  tag,
  summary: 'List events',
  keys,
  input: z.strictObject({
    ...pageInput,
    ...sortInput(['created_at']),
    ...timeRange('created'),
    type: z.enum(eventTypes).optional(),
    license_id: id('license').optional(),
  }),
  output: pageOf(event),
});

export const getEvent = defineProcedure({
  name: 'events.get',
  method: 'GET',
  path: '/events/:eventId',
  tag,
  summary: 'Get an event',
  keys,
  input: z.strictObject({ eventId: id('event') }),
  output: event,
  errors: ['RESOURCE_NOT_FOUND'],
});

export const listAuditEntries = defineProcedure({
  name: 'audit.list',
  method: 'GET',
  path: '/audit',
  tag,
  summary: 'List audit entries',
  keys,
  input: z.strictObject({
    ...pageInput,
    ...sortInput(['created_at']),
    ...timeRange('created'),
    action: text(64).optional(),
    actor_id: id('api_key').optional(),
    target_id: text(64).optional(),
  }),
  output: pageOf(auditEntry),
});
