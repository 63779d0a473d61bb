import { type ProcedureContract, pathParameters } from '@thrivetech/contracts';
import { createTRPCUntypedClient, httpBatchStreamLink } from '@trpc/client';
import { describe, expect } from 'vitest';
import type { Answer, CallOptions } from './answer.ts';
import { assertDocumented } from './openapi-conformance.ts';

/** One way into the platform. */
export interface Door {
  readonly name: 'rest' | 'trpc';
  call<Data = Record<string, unknown>>(
    contract: ProcedureContract,
    input?: Record<string, unknown>,
    options?: CallOptions,
  ): Promise<Answer<Data>>;
}

// biome-ignore lint/suspicious/noExplicitAny: what is inside is each test's own expectation
type Anything = any;
type RestEnvelope = { success: boolean; data?: Anything; error?: Anything; meta: Anything };
type TrpcEnvelope = { result?: { data: Anything }; error?: { data: Anything } };

type OpenDoor = (baseUrl: () => string) => Door;

/** Says every guarantee twice: through REST and through tRPC. */
export function eachDoor(body: (openDoor: OpenDoor) => void): void {
  describe.each([
    ['REST', restDoor],
    ['tRPC', trpcDoor],
  ] as const)('through %s', (_name, openDoor) => body(openDoor));
}

/** Calls over REST. Every answer is held against the OpenAPI document. */
export const restDoor: OpenDoor = (baseUrl) => ({
  name: 'rest',
  async call(contract, input = {}, options = {}) {
    const { url, body } = restRequest(contract, input);
    const response = await fetch(`${baseUrl()}/api/v1${url}`, {
      method: contract.method,
      headers: {
        ...authorization(options),
        ...(body && { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(body && { body }),
    });
    if (contract.stream && response.ok) return streamedAnswer(response, await response.text());
    if (contract.file && response.ok) return fileAnswer(contract, response);
    const envelope = (await response.json()) as RestEnvelope;
    assertDocumented(contract, response, envelope);
    return {
      status: response.status,
      success: envelope.success,
      data: envelope.data ?? {},
      ...(envelope.meta.pagination && { pagination: envelope.meta.pagination }),
      ...(envelope.error && { error: envelope.error }),
      headers: response.headers,
      request_id: envelope.meta.request_id,
    };
  },
});

/** Calls over tRPC's HTTP protocol. */
export const trpcDoor: OpenDoor = (baseUrl) => ({
  name: 'trpc',
  async call(contract, input = {}, options = {}) {
    const isQuery = contract.method === 'GET';
    if (contract.stream) return callStream(`${baseUrl()}/trpc`, contract, input, options);
    const query = isQuery ? `?input=${encodeURIComponent(JSON.stringify(input))}` : '';
    const response = await fetch(`${baseUrl()}/trpc/${contract.name}${query}`, {
      method: isQuery ? 'GET' : 'POST',
      headers: { ...authorization(options), 'content-type': 'application/json', ...options.headers },
      ...(!isQuery && { body: JSON.stringify(input) }),
    });
    const { result, error } = (await response.json()) as TrpcEnvelope;
    const output = result?.data ?? {};
    return {
      status: response.status,
      success: result !== undefined,
      data: output.pagination ? output.items : output,
      ...(output.pagination && { pagination: output.pagination }),
      ...(error && { error: error.data.error }),
      headers: response.headers,
      request_id: response.headers.get('x-request-id') ?? '',
    };
  },
});

/** Path, query and body of a REST call. */
export function restRequest(
  contract: ProcedureContract,
  input: Record<string, unknown>,
): { url: string; body?: string } {
  const inPath = pathParameters(contract.path);
  const path = contract.path.replace(/:(\w+)/g, (_match, name) => encodeURIComponent(String(input[name])));
  const rest = Object.entries(input).filter(([name]) => !inPath.includes(name));
  if (contract.method === 'POST' || contract.method === 'PUT') {
    return { url: path, body: JSON.stringify(Object.fromEntries(rest)) };
  }
  const query = new URLSearchParams(rest.map(([name, value]): [string, string] => [name, String(value)]));
  return { url: rest.length > 0 ? `${path}?${query}` : path };
}

/** What a stream said, as one text. */
const streamedAnswer = (response: Response, text: string): Answer<Anything> => ({
  status: response.status,
  success: true,
  data: { text },
  headers: response.headers,
  request_id: response.headers.get('x-request-id') ?? '',
});

/** A file as the other door gives it. */
async function fileAnswer(contract: ProcedureContract, response: Response): Promise<Answer<Anything>> {
  expect(response.headers.get('content-type')).toBe(contract.file);
  const [, filename] = response.headers.get('content-disposition')?.match(/filename="(.+)"/) ?? [];
  const content = Buffer.from(await response.arrayBuffer()).toString('base64');
  return { ...streamedAnswer(response, ''), data: { filename, content } };
}

/** tRPC streams only to its own streaming link. */
async function callStream(
  url: string,
  contract: ProcedureContract,
  input: Record<string, unknown>,
  options: CallOptions,
): Promise<Answer<Anything>> {
  let response = new Response();
  const client = createTRPCUntypedClient({
    links: [
      httpBatchStreamLink({
        url,
        headers: { ...authorization(options), ...options.headers },
        fetch: async (...request) => {
          response = (await fetch(...(request as Parameters<typeof fetch>))) as Response;
          return response;
        },
      }),
    ],
  });
  try {
    let text = '';
    for await (const chunk of (await client.query(contract.name, input)) as AsyncIterable<string>)
      text += chunk;
    return streamedAnswer(response, text);
  } catch (error) {
    const { data } = error as { data: Anything };
    return {
      status: data.httpStatus,
      success: false,
      data: {},
      error: data.error,
      headers: response.headers,
      request_id: data.request_id,
    };
  }
}

const authorization = ({ key }: CallOptions): Record<string, string> =>
  key === undefined ? {} : { authorization: `Bearer ${key}` };
