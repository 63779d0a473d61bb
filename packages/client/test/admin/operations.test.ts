import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ThriveAdmin } from '../../src/admin/index.ts';

interface Documented {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name?: string; readonly in?: string }[];
  readonly requestBody?: object;
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, object>> }>>;
}

const path = join(import.meta.dirname, '../../../../apps/server/openapi.json');
const document = JSON.parse(readFileSync(path, 'utf8')) as {
  paths: Record<string, Record<string, Documented>>;
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** Every method that the client has, by its dotted name. */
function methodsOf(group: object, name = ''): Map<string, (input: object) => unknown> {
  const found = new Map<string, (input: object) => unknown>();
  for (const [word, inner] of Object.entries(group)) {
    for (const [method, call] of methodsOf(inner as object, `${name}${word}.`)) found.set(method, call);
  }
  for (const word of Object.getOwnPropertyNames(Object.getPrototypeOf(group))) {
    if (word === 'constructor') continue;
    found.set(`${name}${word}`, (input) =>
      (group as Record<string, (input: object) => unknown>)[word]?.(input),
    );
  }
  return found;
}

function clientWithoutServer(answer: () => Response) {
  const sent: { method: string; path: string; headers: Headers; body: unknown }[] = [];
  const admin = new ThriveAdmin({
    baseUrl: 'https://licenses.example',
    apiKey: 'tt_admin_1',
    fetch: async (input, init) => {
      const { pathname, search } = new URL(String(input));
      const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as unknown) : undefined;
      const headers = new Headers(init?.headers);
      sent.push({ method: init?.method ?? 'GET', path: pathname + search, headers, body });
      return answer();
    },
  });
  return { sent, methods: methodsOf(admin) };
}

test('there is a method for every operation of the document, and no other but those that read all pages', () => {
  const { methods } = clientWithoutServer(() => new Response());
  const documented = operations.map(({ operation }) => operation.operationId);
  const known = [...methods.keys()];
  expect(known.filter((name) => !/\.iterate[A-Z]?\w*$/.test(name)).sort()).toEqual(documented.sort());
  expect(documented.length).toBeGreaterThan(35);
});

describe('each method asks for what the document says', () => {
  test.each(operations.map((one) => [one.operation.operationId, one] as const))('%s', async (name, one) => {
    const { path, method, operation } = one;
    const page = { pagination: { limit: 1, has_more: false, next_cursor: null } };
    const isStream = Object.values(operation.responses).some(({ content }) => 'text/csv' in content);
    const isFile = Object.values(operation.responses).some(({ content }) => 'application/pdf' in content);
    const { sent, methods } = clientWithoutServer(() =>
      isFile
        ? new Response('%PDF', { headers: { 'content-type': 'application/pdf' } })
        : isStream
          ? new Response('id\r\n', { headers: { 'content-type': 'text/csv' } })
          : Response.json({ success: true, data: [], meta: { request_id: 'req_1', ...page } }),
    );
    const ids = Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, id = '']) => [id, `${id}-1`]));
    const answered = methods.get(name)?.({ ...ids, note: 'x y' });
    if (isStream) for await (const _piece of answered as AsyncIterable<string>);
    await answered;

    const inQuery = method === 'GET' || method === 'DELETE';
    const expectedPath = `/api/v1${path.replaceAll(/\{(\w+)\}/g, '$1-1')}`;
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ method, path: inQuery ? `${expectedPath}?note=x+y` : expectedPath });
    expect(sent[0]?.body).toEqual(inQuery ? undefined : { note: 'x y' });
    expect(sent[0]?.headers.has('idempotency-key')).toBe(method === 'POST' || method === 'PUT');
  });
});
