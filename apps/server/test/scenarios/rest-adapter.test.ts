import http from 'node:http';
import { createProduct, getPlan, getProduct, listProducts, updateProduct } from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../support/builders.ts';
import { restDoor, trpcDoor } from '../support/doors.ts';
import { jsonType, sendBody, sendRaw } from '../support/raw.ts';
import { useServer } from '../support/test-server.ts';

const server = useServer('sqlite');
const rest = restDoor(() => server.baseUrl);
const trpc = trpcDoor(() => server.baseUrl);
let vendor: Vendor;
beforeAll(async () => {
  vendor = await createVendor(server);
});
const get = (path: string) => sendRaw(server, `/api/v1${path}`, { key: vendor.admin });
const post = (body: string) => sendBody(server, rest, createProduct, body, { key: vendor.admin });

// Each of these was got wrong by trpc-to-openapi, which is why this door is our own.
describe('unlike trpc-to-openapi', () => {
  it('a REST call that converted a value does not make the same bad tRPC input pass afterwards', async () => {
    const viaTrpc = () => trpc.call(listProducts, { limit: '5' }, { key: vendor.admin });
    const before = await viaTrpc();
    expect(before.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'limit' }] });
    expect((await get('/products?limit=5')).status).toBe(200);
    const after = await viaTrpc();
    expect(after.status).toBe(400);
    expect(after.error).toEqual(before.error);
  });

  it('path parameters are decoded', async () => {
    const { id } = await vendor.product();
    const encoded = [...id].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('');
    expect(JSON.parse((await get(`/products/${encoded}`)).text).data.id).toBe(id);
    const answer = await get('/products/a%2Fb');
    expect(answer.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'productId' }] });
  });

  it.each(['/Products', '/PRODUCTS', '/platform/Plans'])(
    'paths are matched by case: %s is a 404',
    async (path) => {
      expect((await get(path)).error?.code).toBe('RESOURCE_NOT_FOUND');
    },
  );

  it('ids are matched by case', async () => {
    const { id } = await vendor.product();
    expect((await rest.call(getProduct, { productId: id.toUpperCase() }, { key: vendor.admin })).status).toBe(
      404,
    );
    expect((await rest.call(getPlan, { planCode: 'Starter' }, { key: vendor.admin })).status).toBe(404);
  });

  it.each(['{', '{"name":}', '{"name":"x"', "{'name':'x'}", '{"name":"x",}', 'undefined', '{"a":1}{"b":2}'])(
    'malformed JSON is a 400 in the envelope: %s',
    async (body) => {
      const answer = await post(body);
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.text)).toMatchObject({
        success: false,
        error: { code: 'VALIDATION_ERROR', details: [{ path: '', code: 'invalid_body' }] },
        meta: { request_id: answer.headers.get('x-request-id') },
      });
    },
  );

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE'])(
    'a wrong method is a 404 in the envelope: %s',
    async (method) => {
      const answer = await sendRaw(server, '/api/v1/products', { method, key: vendor.admin });
      expect(answer.error).toEqual({
        code: 'RESOURCE_NOT_FOUND',
        message: `There is no ${method} at this path.`,
      });
    },
  );
});

describe('what is converted', () => {
  it.each(['"3"', '3.5', 'true', '[3]', 'null'])('a body never: device_limit %s is a 400', async (value) => {
    const answer = await post(`{"name":"x","license_defaults":{"device_limit":${value}}}`);
    expect(answer.error).toMatchObject({
      code: 'VALIDATION_ERROR',
      details: [{ path: 'license_defaults.device_limit' }],
    });
  });

  it('a query: limit=3 is the number', async () => {
    expect(JSON.parse((await get('/products?limit=3')).text).meta.pagination.limit).toBe(3);
  });

  it.each(['3x', '', ' 3', '0x3', '1e1', '3.5', '+3', '\u0663', 'NaN', 'Infinity', '9'.repeat(30), '-0.5'])(
    'no query that merely looks like a number: limit=%s is a 400',
    async (value) => {
      const answer = await get(`/products?limit=${encodeURIComponent(value)}`);
      expect(answer.error).toMatchObject({ code: 'VALIDATION_ERROR', details: [{ path: 'limit' }] });
    },
  );

  it('text that looks like a number stays text in a query', async () => {
    await vendor.product({ code: '2026' });
    expect(JSON.parse((await get('/products?code=2026')).text).data).toMatchObject([{ code: '2026' }]);
  });
});

describe('where fields belong', () => {
  it.each([
    ['a body on a query parameter’s operation', 'DELETE', '/products/prd_x', '{"productId":"prd_y"}', 'body'],
    ['a query on a body’s operation', 'POST', '/products?name=x', '{"name":"x"}', 'name'],
    ['a path parameter in the body', 'PUT', '/products/prd_x', '{"productId":"prd_y"}', 'productId'],
    ['a path parameter in the query', 'GET', '/products/prd_x?productId=prd_y', undefined, 'productId'],
    ['an unknown query parameter', 'GET', '/products?__proto__=1', undefined, '__proto__'],
    ['a name that objects inherit', 'GET', '/products?constructor=1', undefined, 'constructor'],
    ['a repeated parameter', 'GET', '/products?limit=1&limit=2', undefined, 'limit'],
  ])('%s is a 400 that names it', async (_name, method, path, body, field) => {
    const answer = await sendRaw(server, `/api/v1${path}`, {
      method,
      key: vendor.admin,
      ...(body !== undefined && { body, headers: jsonType }),
    });
    expect(answer.status).toBe(400);
    expect(answer.error?.details?.map(({ path: at }) => at)).toContain(field);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'the media type %s is JSON',
    async (type) => {
      const headers = { 'content-type': type };
      const answer = await sendBody(server, rest, createProduct, '{"name":"x"}', {
        key: vendor.admin,
        headers,
      });
      expect(answer.status).toBe(201);
    },
  );

  it('an update without a body changes nothing but is an update', async () => {
    const product = await vendor.product();
    const answer = await rest.call(updateProduct, { productId: product.id }, { key: vendor.admin });
    expect(answer.data).toMatchObject({ name: product.name, version: 2 });
  });
});

it('a body too large to read away does not spoil the connection for the requests after it', async () => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const { port } = new URL(server.baseUrl);
  const request = (body: Buffer) =>
    new Promise<number | undefined>((resolve, reject) => {
      const options = {
        port,
        host: '127.0.0.1',
        path: '/api/v1/products',
        method: 'POST',
        agent,
        timeout: 3000,
      };
      const sent = http.request({ ...options, headers: jsonType }, (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode));
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body);
    });
  // What the caller of the large body sees may be a closed connection; those after it must be answered.
  await request(Buffer.alloc(20_000_000, 32)).catch(() => undefined);
  try {
    for (let n = 0; n < 3; n++) expect(await request(Buffer.from('{}'))).toBe(401);
  } finally {
    agent.destroy();
  }
});

it('a tRPC batch may hold 20 calls, however long their names are', async () => {
  const names = Array.from({ length: 20 }, () => 'licenses.devices.list').join(',');
  const answer = await sendRaw(server, `/trpc/${names}?batch=1&input={}`, { key: vendor.admin });
  expect(JSON.parse(answer.text)).toHaveLength(20);
});
