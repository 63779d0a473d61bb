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
      ...(takesIdempotencyKey(contract) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
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

/** Every POST, and what moves money. */
const takesIdempotencyKey = ({ method, name }: ProcedureContract): boolean =>
  method === 'POST' || name === 'billing.upgrade' || name === 'billing.downgrade';

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
  if (contract.file) {
    const content = { [contract.file]: { schema: { type: 'string', format: 'binary' } } };
    return { '200': { description: 'Success: the file', headers: answerHeaders, content } };
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
  const headers = { ...answerHeaders, ...(takesIdempotencyKey(contract) && replayed) };
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
  const codes = [
    ...new Set([
      ...commonErrors,
      ...subscriptionErrors[contract.access],
      ...contract.errors,
      ...idempotencyErrors(contract),
    ]),
  ];
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

/** What the state of the account's subscription can refuse. */
const subscriptionErrors: Readonly<Record<ProcedureContract['access'], readonly ErrorCode[]>> = {
  open: [],
  read: [],
  write: ['PAYMENT_REQUIRED', 'SUBSCRIPTION_INACTIVE'],
  device: ['PAYMENT_REQUIRED', 'SUBSCRIPTION_INACTIVE'],
};

const idempotencyErrors = (contract: ProcedureContract): ErrorCode[] =>
  contract.method === 'GET' ? [] : ['CONFLICT'];
