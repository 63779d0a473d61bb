import { errorCodes } from '@thrivetech/contracts';
import { z } from 'zod';

export const metaSchema = z
  .object({
    timestamp: z.iso.datetime().meta({ examples: ['2026-01-26T12:00:00.000Z'] }),
    request_id: z.string().meta({ examples: ['req_01k9zj4t5w8x2y6b3c7d9f1g5h'] }),
    warnings: z
      .array(z.object({ code: z.enum(['PAYMENT_PAST_DUE']), message: z.string() }))
      .optional()
      .meta({ description: 'What the caller should know although the call succeeded.' }),
  })
  .meta({ id: 'Meta' });

const errorDetails = z
  .union([
    z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
    z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  ])
  .meta({
    id: 'ErrorDetails',
    description: 'Faults by field for VALIDATION_ERROR, else facts about the refusal.',
  });

/** The body of every error answer. */
export const errorBody = z.object({
  success: z.literal(false),
  error: z.object({ code: z.enum(errorCodes), message: z.string(), details: errorDetails.optional() }),
  meta: metaSchema,
});

/** Headers of every answer. */
export const answerHeaders = {
  'X-Request-Id': { $ref: '#/components/headers/RequestId' },
  'X-RateLimit-Limit': { $ref: '#/components/headers/RateLimitLimit' },
  'X-RateLimit-Remaining': { $ref: '#/components/headers/RateLimitRemaining' },
  'X-RateLimit-Reset': { $ref: '#/components/headers/RateLimitReset' },
};

const integer = { type: 'integer' as const };

export const components = {
  securitySchemes: {
    apiKey: {
      type: 'http' as const,
      scheme: 'bearer',
      description: 'An API key: `tt_admin_…`, `tt_read_…` or `tt_chan_…`.',
    },
  },
  headers: {
    RequestId: {
      description: 'Names this request in logs, audit entries and error reports.',
      schema: { type: 'string' as const },
    },
    RateLimitLimit: { description: 'Requests in the window that is closest to its limit.', schema: integer },
    RateLimitRemaining: { description: 'Requests left in that window.', schema: integer },
    RateLimitReset: { description: 'When that window moves on, epoch seconds.', schema: integer },
    RetryAfter: { description: 'Seconds to wait before trying again.', schema: integer },
    IdempotencyReplayed: {
      description: '`true` when this is the stored answer of an earlier request.',
      schema: { type: 'string' as const },
    },
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header' as const,
      description: 'Sent again within 24 hours, the first answer is given again and nothing is done twice.',
      schema: { type: 'string' as const, minLength: 1, maxLength: 255, pattern: '^[!-~]+$' },
    },
    IfMatch: {
      name: 'If-Match',
      in: 'header' as const,
      description: 'The `version` that was read. The update is refused when it has changed since.',
      schema: { type: 'string' as const, pattern: '^(W/)?"?[1-9][0-9]{0,8}"?$', examples: ['"1"'] },
    },
  },
};
