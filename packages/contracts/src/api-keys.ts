import { z } from 'zod';
import { defineProcedure } from './define-procedure.ts';
import { pageInput, pageOf, sortInput } from './pagination.ts';
import { id, keyTypes, text, timestamp } from './primitives.ts';

const keyType = z.enum(keyTypes).meta({
  id: 'ApiKeyType',
  description: '`admin` may do everything, `read_only` every read, `channel` the four activation calls.',
});

const apiKeyFields = {
  id: id('api_key'),
  name: z.string(),
  type: keyType,
  last_four: z.string(),
  product_ids: z.array(id('product')).nullable(),
  status: z.enum(['active', 'expired', 'revoked']),
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  last_used_at: timestamp.nullable(),
  created_at: timestamp,
};

export const apiKey = z.object(apiKeyFields).meta({ id: 'ApiKey' });
export type ApiKey = z.infer<typeof apiKey>;

/** An API key as its creator sees it, once: with the secret. */
const createdApiKey = z
  .object({
    ...apiKeyFields,
    key: z.string().meta({ description: 'The secret. It is shown only here.' }),
  })
  .meta({ id: 'CreatedApiKey' });

export const listApiKeys = defineProcedure({
  name: 'apiKeys.list',
  method: 'GET',
  path: '/api-keys',
  tag: 'API keys',
  summary: 'List API keys',
  keys: ['admin', 'read_only'],
  input: z.strictObject({
    ...pageInput,
    ...sortInput(['created_at']),
    type: keyType.optional(),
  }),
  output: pageOf(apiKey),
});

export const createApiKey = defineProcedure({
  name: 'apiKeys.create',
  method: 'POST',
  path: '/api-keys',
  tag: 'API keys',
  summary: 'Create an API key',
  description: 'A channel key may be bound to products: licenses of others do not exist for it.',
  keys: ['admin'],
  input: z.strictObject({
    name: text(200),
    type: keyType,
    product_ids: z
      .array(id('product'))
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Only for a channel key.' }),
    expires_at: timestamp.optional(),
  }),
  output: createdApiKey,
  statuses: [201],
  errors: ['RESOURCE_NOT_FOUND', 'PLAN_LIMIT_REACHED'],
  example: { name: 'Photo Studio 4 for Windows', type: 'channel' },
});

export const revokeApiKey = defineProcedure({
  name: 'apiKeys.revoke',
  method: 'POST',
  path: '/api-keys/:apiKeyId/revoke',
  tag: 'API keys',
  summary: 'Revoke an API key',
  description:
    'In force on the next request. Revoking again changes nothing. The key of the request itself cannot be revoked with itself.',
  keys: ['admin'],
  input: z.strictObject({ apiKeyId: id('api_key') }),
  output: apiKey,
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT'],
});

export const rotateApiKey = defineProcedure({
  name: 'apiKeys.rotate',
  method: 'POST',
  path: '/api-keys/:apiKeyId/rotate',
  tag: 'API keys',
  summary: 'Replace an API key',
  description:
    'The answer is a new key with the same name, type and products. The old one works for `overlap_hours` more.',
  keys: ['admin'],
  input: z.strictObject({
    apiKeyId: id('api_key'),
    overlap_hours: z.int().min(0).max(720).default(24),
  }),
  output: createdApiKey,
  statuses: [201],
  errors: ['RESOURCE_NOT_FOUND', 'CONFLICT', 'PLAN_LIMIT_REACHED'],
  example: { overlap_hours: 24 },
});
