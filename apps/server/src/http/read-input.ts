import { type ProcedureContract, pathParameters } from '@thrivetech/contracts';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UnreadableInput } from '../trpc/unreadable-input.ts';
import type { JsonBody } from './read-body.ts';

/** Turns a REST request into the input of a procedure. */
export type InputReader = (request: FastifyRequest) => Record<string, unknown> | UnreadableInput;

/**
 * Makes the reader of one contract. Path and query values are text, so they are converted by the type that the
 * contract declares for their name; a body is never converted. Nothing is dropped: what the contract does not
 * know is refused by its schema, because a misspelled filter must not widen a result.
 */
export function createInputReader(contract: ProcedureContract): InputReader {
  const inPath = pathParameters(contract.path);
  const inQuery = contract.method === 'GET' || contract.method === 'DELETE';
  const convert = queryConverters(contract);
  const hasVersion = 'version' in properties(contract);

  return (request) => {
    const read = request.body as JsonBody | undefined | UnreadableInput;
    if (read instanceof UnreadableInput) return read;
    const body = read?.value;
    const query = request.query as Record<string, unknown>;
    const fromRequest = inQuery ? convert(query) : (body ?? {});

    const misplaced = [
      ...(inQuery ? (body ? ['body'] : []) : Object.keys(query)),
      ...inPath.filter((name) => Object.hasOwn(fromRequest, name)),
    ];
    if (misplaced.length > 0) {
      const where = inQuery
        ? 'does not belong here; use path and query'
        : 'does not belong here; use path and body';
      return new UnreadableInput(
        ...misplaced.map((path) => ({ path, code: 'misplaced_field', message: where })),
      );
    }

    const version = hasVersion ? versionOf(request.headers['if-match']) : {};
    if (version instanceof UnreadableInput) return version;
    return { ...fromRequest, ...version, ...(request.params as Record<string, string>) };
  };
}

/** `If-Match: "3"` guards an update like the field `version: 3`. `*` guards nothing. */
function versionOf(header: string | undefined): { version?: number } | UnreadableInput {
  if (header === undefined || header.trim() === '*') return {};
  const digits = header.match(/^\s*(?:W\/)?"?(\d{1,9})"?\s*$/)?.[1];
  if (digits) return { version: Number(digits) };
  return new UnreadableInput({
    path: 'If-Match',
    code: 'invalid_header',
    message: 'must be the `version` that was read, such as "3"',
  });
}

interface ParameterSchema {
  type?: string;
  items?: ParameterSchema;
}

function properties(contract: ProcedureContract): Record<string, ParameterSchema> {
  const schema = z.toJSONSchema(contract.input, { io: 'input', unrepresentable: 'any' });
  return (schema.properties ?? {}) as Record<string, ParameterSchema>;
}

function queryConverters(contract: ProcedureContract) {
  const schemas = properties(contract);
  return (query: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(query).map(([name, value]) => [name, convertValue(value, schemas[name])]),
    );
}

// What does not look like the declared type stays text: the schema then says what it wants instead.
function convertValue(value: unknown, schema: ParameterSchema | undefined): unknown {
  if (schema?.type === 'array') {
    return (Array.isArray(value) ? value : [value]).map((item) => convertValue(item, schema.items));
  }
  if (typeof value !== 'string') return value;
  if (schema?.type === 'integer' || schema?.type === 'number') {
    return /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
  }
  if (schema?.type === 'boolean') return value === 'true' ? true : value === 'false' ? false : value;
  return value;
}
