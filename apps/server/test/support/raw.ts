import type { ErrorCode, ProcedureContract, ValidationDetail } from '@thrivetech/contracts';
import { type Door, restRequest } from './doors.ts';
import type { TestServer } from './test-server.ts';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The error of either door, if the body holds one. */
  readonly error?: { code: ErrorCode; message: string; details?: ValidationDetail[] };
}

export interface RawRequest {
  readonly method?: string;
  readonly key?: string | undefined;
  readonly headers?: Record<string, string>;
  /** Sent as it is: no media type is added. */
  readonly body?: string | Uint8Array;
}

export const jsonType = { 'content-type': 'application/json' };

/** Sends what no well-behaved client would. */
export async function sendRaw(
  server: Pick<TestServer, 'baseUrl'>,
  path: string,
  request: RawRequest = {},
): Promise<RawAnswer> {
  const { method = 'GET', key, headers = {}, body } = request;
  const response = await fetch(`${server.baseUrl}${path}`, {
    method,
    headers: { ...(key !== undefined && { authorization: `Bearer ${key}` }), ...headers },
    ...(body !== undefined && { body: Buffer.from(body as string) }),
  });
  const text = await response.text();
  const error = errorIn(text);
  return { status: response.status, headers: response.headers, text, ...(error && { error }) };
}

/** Calls an operation with a body that is written byte by byte; its path and query come from `input`. */
export function sendBody(
  server: Pick<TestServer, 'baseUrl'>,
  door: Pick<Door, 'name'>,
  contract: ProcedureContract,
  body: string | Uint8Array,
  options: {
    key?: string | undefined;
    headers?: Record<string, string>;
    input?: Record<string, unknown>;
  } = {},
): Promise<RawAnswer> {
  const { key, headers = jsonType, input = {} } = options;
  const isRest = door.name === 'rest';
  return sendRaw(server, pathOf(door, contract, input), {
    method: isRest ? contract.method : 'POST',
    key,
    headers,
    body,
  });
}

/** Path and query of an operation on a door. */
export function pathOf(
  door: Pick<Door, 'name'>,
  contract: ProcedureContract,
  input: Record<string, unknown> = {},
): string {
  if (door.name === 'rest') return `/api/v1${restRequest(contract, input).url}`;
  const query = contract.method === 'GET' ? `?input=${encodeURIComponent(JSON.stringify(input))}` : '';
  return `/trpc/${contract.name}${query}`;
}

/** The text without what differs from answer to answer by nature. */
export const withoutMeta = (text: string): string =>
  text.replace(/"timestamp":"[^"]*"/, '').replace(/"request_id":"[^"]*"/, '');

function errorIn(text: string): RawAnswer['error'] {
  try {
    const { error } = JSON.parse(text);
    return error?.data?.error ?? error;
  } catch {
    return undefined;
  }
}
