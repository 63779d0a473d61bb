import { gzipSync } from 'node:zlib';
import {
  activateLicense,
  contract as contracts,
  createLicense,
  createProduct,
  type License,
  type ProcedureContract,
  pathParameters,
  validateLicense,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { placesOf, replaceAt } from '../support/mutations.ts';
import { jsonType, sendBody, sendRaw } from '../support/raw.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';
import { workingInputs } from '../support/working-inputs.ts';

type Input = Record<string, unknown>;
const hasBody = ({ method }: ProcedureContract) => method === 'POST' || method === 'PUT';
const writes = contracts.filter(hasBody).map((contract) => [contract.name, contract] as const);

/** Bodies that no operation takes. */
const badBodies: [string, string | Uint8Array, Record<string, string>?][] = [
  ['malformed JSON', '{"name":'],
  ['a JSON array', '[{}]'],
  ['a JSON text', '"name"'],
  ['a JSON number', '5'],
  ['JSON null', 'null'],
  ['spaces alone', '   '],
  ['JSON with comments', '{/* */}'],
  ['an unknown field', '{"zebra":1}'],
  ['__proto__ as a field', '{"__proto__":{"admin":true}}'],
  ['a constructor as a field', '{"constructor":{"prototype":{"admin":true}}}'],
  ['invalid UTF-8', Uint8Array.from([...Buffer.from('{"name":"'), 0xff, 0xfe, ...Buffer.from('"}')])],
  ['UTF-16', Buffer.from('{"name":"x"}', 'utf16le')],
  ['a body of 1 MB', JSON.stringify({ name: 'x'.repeat(1_000_000) })],
  ['a body of 10 MB', JSON.stringify({ name: 'x'.repeat(10_000_000) })],
  ['100,000 nested arrays', `{"metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['30,000 nested objects', `{"metadata":${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}}`],
  ['the media type text/plain', '{}', { 'content-type': 'text/plain' }],
  ['the media type of forms', 'name=x', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['another charset', '{}', { 'content-type': 'application/json; charset=iso-8859-1' }],
  ['no media type', '{}', {}],
  ['a compressed body', gzipSync('{}'), { ...jsonType, 'content-encoding': 'gzip' }],
];

describe('a body that no operation takes', () => {
  const server = useServer('sqlite');
  let vendor: Vendor;
  let inputs: Record<string, Input>;
  beforeAll(async () => {
    vendor = await createVendor(server);
    inputs = await workingInputs(server, vendor);
  });

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);

    it.each(badBodies)(
      '%s: a 400 with details, and nothing is changed',
      async (_name, body, headers = jsonType) => {
        const before = await allRows(server);
        for (const [name, contract] of writes) {
          const options = { key: vendor.admin, headers, input: inputs[name] ?? {} };
          const answer = await sendBody(server, door, contract, body, options);
          expect([answer.status, answer.error?.code], name).toEqual([400, 'VALIDATION_ERROR']);
          expect(answer.error?.details?.[0], name).toMatchObject({
            path: expect.any(String),
            code: expect.any(String),
            message: expect.stringMatching(/\S/),
          });
        }
        expect(await allRows(server)).toEqual(before);
      },
    );

    it('an unknown field is named, at any depth', async () => {
      for (const [name, contract] of writes) {
        const input = inputs[name] ?? {};
        const open = ['metadata', 'features'];
        const objects = placesOf(input).filter((place) => !open.some((field) => place.includes(field)));
        for (const place of [[], ...objects.filter((place) => isObject(input, place))]) {
          const bad = replaceAt(input, [...place, 'zebra'], 1);
          const answer = await door.call(contract, bad, { key: vendor.admin });
          expect(answer.error, `${name} ${place.join('.')}`).toMatchObject({
            code: 'VALIDATION_ERROR',
            details: [{ path: [...place, 'zebra'].join('.'), code: 'unknown_field' }],
          });
        }
      }
    });
  });

  it('a byte order mark in front of the body is no fault', async () => {
    const options = { key: vendor.admin };
    const answer = await sendBody(server, { name: 'rest' }, createProduct, '\ufeff{"name":"x"}', options);
    expect(answer.status).toBe(201);
  });
});

const isObject = (input: Input, place: readonly string[]) => {
  const value = place.reduce<unknown>((node, name) => (node as Input)[name], input);
  return typeof value === 'object' && value !== null && !Array.isArray(value);
};

describe('what stands in path and query', () => {
  const server = useServer('postgres');
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await createVendor(server);
  });
  const get = (path: string) => sendRaw(server, `/api/v1${path}`, { key: vendor.admin });
  const reads = contracts.filter(({ method }) => method === 'GET');

  it.each(['%00', 'a%00b', '%F0%9F%92%A9', '..%2F..', "'%20or%201=1", 'a'.repeat(65), '%20', 'null%0d%0a'])(
    'the malformed id %s is a 400 that names the parameter',
    async (id) => {
      for (const contract of contracts.filter(({ path }) => path.includes(':'))) {
        const path = `/api/v1${contract.path.replace(/:\w+/g, id)}`;
        const body = hasBody(contract) && { body: '{}', headers: jsonType };
        const answer = await sendRaw(server, path, { method: contract.method, key: vendor.admin, ...body });
        expect(answer.status, contract.name).toBe(400);
        const [first] = pathParameters(contract.path);
        expect(
          answer.error?.details?.map(({ path: at }) => at),
          contract.name,
        ).toContain(first);
      }
    },
  );

  it('a well-formed id of nobody is a 404, for every operation that has one', async () => {
    for (const contract of contracts.filter(({ path }) => path.includes(':'))) {
      const path = `/api/v1${contract.path.replace(/:\w+/g, 'x_nobody')}`;
      const body = hasBody(contract) && { body: JSON.stringify(contract.example), headers: jsonType };
      const answer = await sendRaw(server, path, { method: contract.method, key: vendor.admin, ...body });
      expect([answer.status, answer.error?.code], contract.name).toEqual([404, 'RESOURCE_NOT_FOUND']);
    }
  });

  it('an unknown query parameter is named by every read', async () => {
    for (const contract of reads) {
      const answer = await get(`${contract.path.replace(/:\w+/g, 'x')}?zebra=1`);
      expect([answer.status, answer.error?.details?.[0]], contract.name).toMatchObject([
        400,
        { path: 'zebra', code: 'unknown_field' },
      ]);
    }
  });

  it.each([
    ['limit=1&limit=2', 'limit'],
    ['limit=', 'limit'],
    ['limit=-5', 'limit'],
    ['limit=99999999999999999999', 'limit'],
    ['sort=name;drop table licenses', 'sort'],
    ['sort=', 'sort'],
    ['cursor=%00.%00', 'cursor'],
    [`cursor=${'a'.repeat(600)}.a`, 'cursor'],
    ['created_after=yesterday', 'created_after'],
    ['created_after=2026-13-01T00:00:00Z', 'created_after'],
    ['created_after=1700000000', 'created_after'],
    ['created_before=0000-01-01T00:00:00Z', 'created_before'],
    ['expires_after=2026-01-01', 'expires_after'],
    ['status=Active', 'status'],
    ['status=active&status=expired', 'status'],
    ['type=lifetime', 'type'],
    ['product_id=prd%00', 'product_id'],
    ['customer_email=a%00b@example.com', 'customer_email'],
    ['q=%00', 'q'],
    ['q=', 'q'],
    [`q=${'x'.repeat(201)}`, 'q'],
    ['key=%0a', 'key'],
  ])('the filter %s is a 400 that names it', async (query, field) => {
    const answer = await get(`/licenses?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.error?.details?.[0]).toMatchObject({ path: field });
  });

  it.each([
    'q=%F4%8F%BF%BF',
    `q=${encodeURIComponent('\ufdfa'.repeat(200))}`,
    "q=' or 1=1 --",
    'q=%25',
    'q=_',
    'customer_email=%25',
    'customer_email=',
    'created_after=9999-12-31T23:59:59-23:59',
    'created_before=1000-01-01T00:00:00%2B23:59',
    'key=%E2%80%AE',
  ])('the odd but lawful filter %s finds nothing and breaks nothing', async (query) => {
    await vendor.license();
    const answer = await get(`/licenses?${query}`);
    expect([200, 400]).toContain(answer.status);
    if (answer.status === 200 && !query.startsWith('created'))
      expect(JSON.parse(answer.text).data).toEqual([]);
  });
});

// An answer can only show the years 1000 to 9999, so nothing may be stored that lies, or leads, beyond them.
describe('times at the edge of the calendar', () => {
  const server = useServer('sqlite');
  const door = restDoor(() => server.baseUrl);

  it.each([
    ['an end after year 9999 in UTC', { expires_at: '9999-12-31T23:59:59-23:59' }, 'expires_at'],
    ['a start before year 1000 in UTC', { starts_at: '1000-01-01T00:00:00+23:59' }, 'starts_at'],
    [
      'a duration that leads beyond',
      { starts_at: '9999-12-01T00:00:00Z', duration_days: 365 },
      'duration_days',
    ],
  ])('%s is a 400 that names the field', async (_name, fields, field) => {
    const vendor = await createVendor(server);
    const { id: product_id } = await vendor.product();
    const answer = await door.call(createLicense, { product_id, ...fields }, { key: vendor.admin });
    expect([answer.status, answer.error?.details]).toMatchObject([400, [{ path: field }]]);
  });

  it('a license with days of grace beyond the calendar is refused, or can be activated', async () => {
    const vendor = await createVendor(server);
    const { id: product_id } = await vendor.product();
    const fields = { expires_at: '9999-12-31T00:00:00Z', grace_days: 365 };
    const created = await door.call<License>(createLicense, { product_id, ...fields }, { key: vendor.admin });
    if (created.status === 400) return;
    const input = { license_key: created.data.key, device: machine() };
    expect((await door.call(activateLicense, input, { key: vendor.channel })).status).toBe(201);
    expect((await door.call(validateLicense, input, { key: vendor.channel })).data['valid']).toBe(true);
  });
});
