import { ThriveError } from '../errors.ts';
import type { CallOptions, Operation } from './caller.ts';

/** What is sent, the same at each try. */
export interface OutgoingRequest {
  readonly method: string;
  /** Below the address of the API, query included. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  /** License keys in it, which no error may repeat. */
  readonly secrets: readonly string[];
}

/**
 * Takes a flat input apart: what the path names goes there, the rest into the query of a GET or DELETE and into the
 * body of a POST or PUT. A field that is undefined counts as left out.
 *
 * @throws {ThriveError} INVALID_OPTION when a part of the path is missing or would lead to another path; when
 *   the idempotency key is none.
 */
export function buildRequest(operation: Operation, input: object, options: CallOptions): OutgoingRequest {
  const { name, method } = operation;
  const fields = new Map<string, unknown>(Object.entries(input).filter(([, value]) => value !== undefined));
  const secrets = ['license_key', 'key'].map((field) => fields.get(field)).filter(isSecret);

  const path = operation.path.replaceAll(/\{(\w+)\}/g, (_placeholder, field: string) => {
    const value = fields.get(field);
    fields.delete(field);
    // With an empty id, getting one is listing all; and two dots climb.
    if (typeof value !== 'string' || ['', '.', '..'].includes(value)) {
      throw new ThriveError('INVALID_OPTION', { message: `${name}: \`${field}\` must be an id.` });
    }
    return encodeURIComponent(value);
  });

  if (method === 'GET' || method === 'DELETE') {
    const query = new URLSearchParams(
      [...fields].map(([field, value]): [string, string] => [field, String(value)]),
    ).toString();
    return { method, path: query === '' ? path : `${path}?${query}`, headers: {}, body: undefined, secrets };
  }
  const { idempotencyKey = globalThis.crypto.randomUUID() } = options;
  if (!/^[!-~]{1,255}$/.test(idempotencyKey)) {
    throw new ThriveError('INVALID_OPTION', {
      message: `${name}: \`idempotencyKey\` must be 1 to 255 printable ASCII characters without spaces.`,
    });
  }
  const isEmpty = fields.size === 0;
  return {
    method,
    path,
    headers: {
      'idempotency-key': idempotencyKey,
      ...(!isEmpty && { 'content-type': 'application/json' }),
    },
    body: isEmpty ? undefined : JSON.stringify(Object.fromEntries(fields)),
    secrets,
  };
}

const isSecret = (value: unknown): value is string => typeof value === 'string' && value !== '';
