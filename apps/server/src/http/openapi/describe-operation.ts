import {
  type ErrorCode,
  errorCatalogue,
  isPageSchema,
  type ProcedureContract,
  pagination,
  pathParameters,
} from '@thrivetech/contracts';
import { z } from 'zod';
import { answerHeaders, metaSchema } from './shared-parts.ts';

/** What every call can meet, whatever the operation. */
const commonErrors: readonly ErrorCode[] = [
  'AUTHENTICATION_REQUIRED',
  'INVALID_TOKEN',
  'PERMISSION_DENIED',
  'VALIDATION_ERROR',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
];

/** One operation of the document. */
export function describeOperation(contract: ProcedureContract): object {
  const { path, rest } = splitInput(contract);
  const inQuery = contract.method === 'GET' || contract.method === 'DELETE';
  const isEmpty = Object.keys(rest.shape).length === 0;
  const hasVersion = 'version' in rest.shape;
  return {
    operationId: contract.name,
    tags: [contract.tag],
    summary: contract.summary,
    description: `${contract.description}\n\nKeys: ${contract.keys.map((key) => `\`${key}\``).join(', ')}.`,
    requestParams: {
      ...(Object.keys(path.shape).length > 0 && { path }),
      ...(inQuery && !isEmpty && { query: rest }),
    },
    parameters: [
      ...(contract.method === 'POST' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
      ...(hasVersion ? [{ $ref: '#/components/parameters/IfMatch' }] : []),
    ],
    ...(!inQuery &&
      !isEmpty && {
        requestBody: {
          required: !rest.safeParse({}).success,
          content: { 'application/json': { schema: rest, example: contract.example } },
        },
      }),
    responses: { ...successResponses(contract), ...errorResponses(contract) },
  };
}

/** The input, taken apart: what stands in the path, and what in query or body. */
function splitInput(contract: ProcedureContract) {
  const input = contract.input as z.ZodObject;
  const names = pathParameters(contract.path);
  const shape = Object.entries(input.shape);
  return {
    path: z.object(Object.fromEntries(shape.filter(([name]) => names.includes(name)))),
    rest: z.strictObject(Object.fromEntries(shape.filter(([name]) => !names.includes(name)))),
  };
}

function successResponses(contract: ProcedureContract): object {
  if (contract.stream) {
    const content = { 'text/csv': { schema: { type: 'string' } } };
    return { '200': { description: 'Success, streamed', headers: answerHeaders, content } };
  }
  const data = contract.output;
  const schema = isPageSchema(data)
    ? z.object({
        success: z.literal(true),
        data: (data as unknown as z.ZodObject<{ items: z.ZodArray }>).shape.items,
        meta: metaSchema.extend({ pagination }),
      })
    : z.object({ success: z.literal(true), data, meta: metaSchema });
  const replayed = { 'Idempotency-Replayed': { $ref: '#/components/headers/IdempotencyReplayed' } };
  const headers = { ...answerHeaders, ...(contract.method === 'POST' && replayed) };
  const response = (description: string) => ({
    description,
    headers,
    content: { 'application/json': { schema } },
  });
  return Object.fromEntries(
    contract.statuses.map((status) => [String(status), response(status === 201 ? 'Created' : 'Success')]),
  );
}

function errorResponses(contract: ProcedureContract): object {
  const codes = [...new Set([...commonErrors, ...contract.errors, ...idempotencyErrors(contract)])];
  const byStatus = Map.groupBy(codes, (code) => errorCatalogue[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.map((code) => `\`${code}\`: ${errorCatalogue[code].message}`).join('\n\n'),
        headers: {
          ...answerHeaders,
          ...(status === 429 && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
        },
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
        'x-error-codes': ofStatus,
      },
    ]),
  );
}

const idempotencyErrors = (contract: ProcedureContract): ErrorCode[] =>
  contract.method === 'GET' ? [] : ['CONFLICT'];
