import http from 'node:http';
import { contract as contracts, getProduct } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { jsonType, type RawRequest, sendRaw } from '../support/raw.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

const rfc3339Utc = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const generatedId = /^req_[0-9a-z]{26}$/;
const rateHeaders = ['x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'];

const server = useServer('sqlite');
let vendor: Vendor;
beforeAll(async () => {
  vendor = await createVendor(server);
});
const send = (path: string, request: RawRequest = {}) =>
  sendRaw(server, path, { key: vendor.admin, ...request });

/** One request for each kind of answer: what it is, what is sent, its status and code. */
const answers: [string, string, RawRequest, number, string?][] = [
  ['a page', '/api/v1/products', {}, 200],
  ['an object', '/api/v1/platform/plans/starter', {}, 200],
  ['a created object', '/api/v1/products', { method: 'POST', body: '{"name":"x"}', headers: jsonType }, 201],
  ['a missing key', '/api/v1/products', { key: undefined }, 401, 'AUTHENTICATION_REQUIRED'],
  ['a bad key', '/api/v1/products', { key: 'tt_admin_x' }, 401, 'INVALID_TOKEN'],
  ['a missing object', '/api/v1/products/prd_none', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['an unknown query parameter', '/api/v1/products?colour=red', {}, 400, 'VALIDATION_ERROR'],
  [
    'malformed JSON',
    '/api/v1/products',
    { method: 'POST', body: '{', headers: jsonType },
    400,
    'VALIDATION_ERROR',
  ],
  [
    'a bad media type',
    '/api/v1/products',
    { method: 'POST', body: '{}', headers: { 'content-type': ';' } },
    400,
    'VALIDATION_ERROR',
  ],
  ['an unknown route', '/api/v1/unicorns', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['an unknown version', '/api/v2/products', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['the bare prefix', '/api/v1', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['a wrong method', '/api/v1/products', { method: 'DELETE' }, 404, 'RESOURCE_NOT_FOUND'],
  ['a method that no route has', '/api/v1/products', { method: 'PATCH' }, 404, 'RESOURCE_NOT_FOUND'],
  [
    'a wrong method with a bad body',
    '/api/v1/products',
    { method: 'PATCH', body: '{', headers: jsonType },
    404,
    'RESOURCE_NOT_FOUND',
  ],
  ['OPTIONS', '/api/v1/products', { method: 'OPTIONS' }, 404, 'RESOURCE_NOT_FOUND'],
  ['a trailing slash', '/api/v1/products/prd_x/', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['a trailing slash on a list', '/api/v1/products/', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['another case of the path', '/api/v1/Products', {}, 404, 'RESOURCE_NOT_FOUND'],
  ['a malformed URL', '/api/v1/products/%zz', {}, 400, 'VALIDATION_ERROR'],
  ['a URL that is not UTF-8', '/api/v1/products/%ff', {}, 400, 'VALIDATION_ERROR'],
  ['a very long parameter', `/api/v1/products/${'a'.repeat(5000)}`, {}, 400, 'VALIDATION_ERROR'],
  ['headers beyond all measure', `/api/v1/products?code=${'a'.repeat(20_000)}`, {}, 400, 'VALIDATION_ERROR'],
];

describe.each(answers)('the answer to %s', (_name, path, request, status, code) => {
  it('is exactly the envelope', async () => {
    const answer = await send(path, request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const body = JSON.parse(answer.text);
    expect(Object.keys(body)).toEqual(['success', code ? 'error' : 'data', 'meta']);
    expect(body.success).toBe(code === undefined);
    expect(body.meta.timestamp).toMatch(rfc3339Utc);
    expect(body.meta.request_id).toBe(answer.headers.get('x-request-id'));
    if (!code) return;
    expect(body.error).toMatchObject({ code, message: expect.stringMatching(/\S/) });
    expect(Object.keys(body.error).filter((name) => !['code', 'message', 'details'].includes(name))).toEqual(
      [],
    );
    expect(Object.keys(body.meta).sort()).toEqual(['request_id', 'timestamp']);
    if (code === 'VALIDATION_ERROR') {
      expect(body.error.details.length).toBeGreaterThan(0);
      for (const detail of body.error.details) {
        expect(detail).toEqual({
          path: expect.any(String),
          code: expect.any(String),
          message: expect.stringMatching(/\S/),
        });
      }
    }
  });

  it('carries a request id and the rate limit', async () => {
    const { headers } = await send(path, request);
    expect(headers.get('x-request-id')).toMatch(generatedId);
    for (const name of rateHeaders) expect(headers.get(name), name).toMatch(/^\d+$/);
    expect(Number(headers.get('x-ratelimit-reset')) * 1000).toBeGreaterThanOrEqual(server.clock.now());
  });
});

describe('every answer under /trpc carries a request id and the rate limit', () => {
  it.each([
    ['a success', '/trpc/plans.list?input={}', {}, 200],
    ['a refusal', '/trpc/plans.list', { key: undefined }, 401],
    ['an unknown procedure', '/trpc/unicorns.list', {}, 404],
    ['no procedure', '/trpc', {}, 404],
    ['a malformed URL', '/trpc/%zz', {}, 400],
    ['a path with too many steps', '/trpc/plans/list', {}, 404],
  ] as [string, string, RawRequest, number][])('%s', async (_name, path, request, status) => {
    const answer = await send(path, request);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-request-id')).toMatch(generatedId);
    for (const name of rateHeaders) expect(answer.headers.get(name), name).toMatch(/^\d+$/);
  });
});

it('HEAD gets the headers of a 404 and no body', async () => {
  const answer = await send('/api/v1/products', { method: 'HEAD' });
  expect([answer.status, answer.text]).toEqual([404, '']);
  for (const name of [...rateHeaders, 'x-request-id']) expect(answer.headers.get(name), name).toBeTruthy();
});

it('a request with its host in the request line is answered like any other', async () => {
  const { port } = new URL(server.baseUrl);
  const headers = await new Promise<http.IncomingHttpHeaders>((resolve, reject) => {
    const path = 'http://api.example.com/api/v1/products';
    http
      .get({ port, host: '127.0.0.1', path, agent: false }, (response) => {
        response.resume();
        resolve(response.headers);
      })
      .on('error', reject);
  });
  expect(Object.keys(headers)).toEqual(expect.arrayContaining([...rateHeaders, 'x-request-id']));
});

it('a page tells in its meta how to go on', async () => {
  await vendor.product();
  await vendor.product();
  const { meta, data } = JSON.parse((await send('/api/v1/products?limit=1')).text);
  expect(data).toHaveLength(1);
  expect(meta.pagination).toEqual({ limit: 1, has_more: true, next_cursor: expect.any(String) });
});

describe('the request id', () => {
  const idFor = async (given: string) =>
    (await send('/api/v1/products', { headers: { 'x-request-id': given } })).headers.get('x-request-id');

  it.each(['12345678', 'a'.repeat(64), 'Order_1234-retry'])('is the caller’s own: %s', async (given) => {
    expect(await idFor(given)).toBe(given);
  });

  it.each([
    '1234567',
    'a'.repeat(65),
    'has space',
    'semi;colon',
    'caf\u00e9-12345',
    '',
    'two-ids-1, two-ids-2',
  ])('is made anew instead of "%s"', async (given) => {
    expect(await idFor(given)).toMatch(generatedId);
  });

  it.each(['rest', 'trpc'] as const)(
    'is the same in header, answer, log and audit through %s',
    async (name) => {
      const given = `trace-${name}-0001`;
      const path = name === 'rest' ? '/api/v1/products' : '/trpc/products.create';
      const headers = { ...jsonType, 'x-request-id': given };
      const answer = await send(path, { method: 'POST', body: '{"name":"x"}', headers });
      expect(answer.headers.get('x-request-id')).toBe(given);
      if (name === 'rest') expect(JSON.parse(answer.text).meta.request_id).toBe(given);
      const { audit } = await sideEffects(server, vendor);
      expect(audit.filter(({ request_id }) => request_id === given)).toMatchObject([
        { action: 'product.created' },
      ]);
      const logged = server.logLines
        .map((line) => JSON.parse(line))
        .filter(({ request_id }) => request_id === given);
      expect(logged).toMatchObject([{ msg: 'request', method: 'POST', status: answer.status }]);
    },
  );

  it('is in the answer of a refused tRPC call too', async () => {
    const headers = { 'x-request-id': 'trace-refused-1' };
    const { text } = await send('/trpc/products.get?input={"productId":"prd_none"}', { headers });
    expect(JSON.parse(text).error.data.request_id).toBe('trace-refused-1');
  });
});

it('an object with a version has it as its entity tag, and If-Match guards by it', async () => {
  const { id } = await vendor.product();
  const door = restDoor(() => server.baseUrl);
  const read = await door.call(getProduct, { productId: id }, { key: vendor.admin });
  expect(read.headers.get('etag')).toBe('"1"');
  const update = (ifMatch: string) =>
    send(`/api/v1/products/${id}`, {
      method: 'PUT',
      body: '{"name":"y"}',
      headers: { ...jsonType, 'if-match': ifMatch },
    });
  expect((await update('"9"')).status).toBe(409);
  expect((await update('"one"')).error).toMatchObject({
    code: 'VALIDATION_ERROR',
    details: [{ path: 'If-Match' }],
  });
  expect((await update('"1"')).status).toBe(200);
});

it('answers are never stored by caches', async () => {
  for (const [, path, request] of answers.slice(0, 8)) {
    expect((await send(path, request)).headers.get('cache-control')).toBe('no-store');
  }
});

it('every operation of the contract is reachable under its path and method', async () => {
  for (const { method, path } of contracts) {
    const answer = await send(`/api/v1${path.replace(/:\w+/g, 'x')}`, { method, key: undefined });
    expect(answer.error?.code, `${method} ${path}`).toBe('AUTHENTICATION_REQUIRED');
  }
});

it('the log names operations by their route, never by what was asked', async () => {
  await send('/api/v1/customers?email=ada@example.com');
  await send('/api/v1/products/prd_someone');
  const log = server.logLines.join('\n');
  expect(log).toContain('"route":"/api/v1/products/:productId"');
  for (const secret of ['ada@example.com', 'prd_someone', vendor.admin]) expect(log).not.toContain(secret);
});
