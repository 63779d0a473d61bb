import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';
import type { KeyType } from './primitives.ts';
import type { Tag } from './tags.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type SuccessStatus = 200 | 201;

/**
 * One operation, described once. From this the server makes the tRPC procedure, the REST route, the OpenAPI
 * operation, the list of errors and the answer to who may call.
 */
export interface ProcedureContract<
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
> {
  /** Dotted tRPC name, `products.create`; also the operation id in OpenAPI. */
  readonly name: string;
  readonly method: Method;
  /** Path under `/api/v1`; a `:name` is a field of the input. */
  readonly path: `/${string}`;
  /** Heading under which documents list it. */
  readonly tag: Tag;
  readonly summary: string;
  readonly description: string;
  readonly keys: readonly KeyType[];
  readonly input: Input;
  readonly output: Output;
  /** The operation's own errors; what every call can meet (401, 403, 429, 400, 500) is implied. */
  readonly errors: readonly ErrorCode[];
  /** Statuses a success can have, the usual one first. */
  readonly statuses: readonly [SuccessStatus, ...SuccessStatus[]];
  /** Which of `statuses` a given answer has. Called only when there is more than one. */
  readonly statusOf: (output: z.output<Output>) => SuccessStatus;
  /** Media type of an answer that REST streams without an envelope; the output is an async iterable of text. */
  readonly stream: string | null;
  /** Media type of a file that REST sends without an envelope; the output is `{filename, content}`, base64. */
  readonly file: string | null;
  /**
   * What the call is to the account's subscription: one that ended or is unpaid still reads, no longer writes, and
   * `open` is what gets it out of that state again.
   */
  readonly access: 'open' | 'read' | 'write' | 'device';
  /** A request body or query that works, for documents and tests. */
  readonly example: Record<string, unknown>;
}

type ProcedureDefinition<Input extends z.ZodType, Output extends z.ZodType> = Pick<
  ProcedureContract<Input, Output>,
  'name' | 'method' | 'path' | 'tag' | 'summary' | 'keys' | 'input' | 'output'
> &
  Partial<
    Pick<
      ProcedureContract<Input, Output>,
      'description' | 'errors' | 'example' | 'statuses' | 'statusOf' | 'stream' | 'file' | 'access'
    >
  >;

/** Describes an operation; what is left out gets the usual value (200, no errors of its own). */
export function defineProcedure<Input extends z.ZodType, Output extends z.ZodType>(
  definition: ProcedureDefinition<Input, Output>,
): ProcedureContract<Input, Output> {
  const statuses = definition.statuses ?? [200];
  return {
    description: definition.summary,
    errors: [],
    example: {},
    stream: null,
    file: null,
    access: usualAccess(definition),
    statusOf: () => statuses[0],
    ...definition,
    statuses,
  };
}

/** Apps call what a channel key may change; staff and integrations the rest. */
function usualAccess({ method, keys }: Pick<ProcedureContract, 'method' | 'keys'>) {
  if (method === 'GET') return 'read';
  return keys.includes('channel') ? 'device' : 'write';
}

/** Names of the path's parameters, in order: `/products/:productId` → `productId`. */
export function pathParameters(path: string): string[] {
  return [...path.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
}
