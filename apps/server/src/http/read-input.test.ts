import { getProduct, listProducts, type ProcedureContract, updateProduct } from '@thrivetech/contracts';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { UnreadableInput } from '../trpc/unreadable-input.ts';
import { createInputReader } from './read-input.ts';

/** A body as the parser hands it on. */
const asRead = (value: object) => ({ text: JSON.stringify(value), value });

type Parts = Partial<Record<'params' | 'query' | 'headers' | 'body', unknown>>;

const read = (contract: unknown, parts: Parts) =>
  createInputReader(contract as ProcedureContract)({
    params: {},
    query: {},
    headers: {},
    ...parts,
  } as FastifyRequest);

const faults = (contract: unknown, parts: Parts) => {
  const input = read(contract, parts);
  if (!(input instanceof UnreadableInput)) throw new Error(`It was read: ${JSON.stringify(input)}`);
  return input.details.map(({ path, code }) => `${path} ${code}`);
};

describe('a query', () => {
  const contract = {
    ...listProducts,
    input: z.strictObject({
      count: z.int().optional(),
      ratio: z.number().optional(),
      open: z.boolean().optional(),
      name: z.string().optional(),
      ids: z.array(z.string()).optional(),
      sizes: z.array(z.int()).optional(),
    }),
  };

  it.each([
    ['a number', { count: '12' }, { count: 12 }],
    ['a negative number', { count: '-12' }, { count: -12 }],
    ['a fraction', { ratio: '0.25' }, { ratio: 0.25 }],
    ['true', { open: 'true' }, { open: true }],
    ['false', { open: 'false' }, { open: false }],
    ['one value of a list', { ids: 'a' }, { ids: ['a'] }],
    ['several values of a list', { sizes: ['1', '2'] }, { sizes: [1, 2] }],
    ['text that looks like a number', { name: '12' }, { name: '12' }],
  ])('is converted by the declared type: %s', (_name, query, input) => {
    expect(read(contract, { query })).toEqual(input);
  });

  it.each(['', ' 1', '1 ', '+1', '1e3', '0x1', 'NaN', 'Infinity', '1_000', '１', '9'.repeat(16)])(
    'keeps as text what is no plain number: "%s"',
    (count) => {
      expect(read(contract, { query: { count } })).toEqual({ count });
    },
  );

  it.each(['TRUE', '1', 'yes', ''])('keeps as text what is neither true nor false: "%s"', (open) => {
    expect(read(contract, { query: { open } })).toEqual({ open });
  });

  it('drops nothing: a repeated value and an unknown name stay for the schema to refuse', () => {
    const query = { count: ['1', '2'], colour: 'red', constructor: 'x' };
    expect(read(contract, { query })).toEqual(query);
  });

  it('is converted on a copy', () => {
    const query = { count: '12' };
    read(contract, { query });
    expect(query).toEqual({ count: '12' });
  });
});

describe('a body', () => {
  it('is taken as it is', () => {
    const body = { name: 'x', license_defaults: { device_limit: '3' } };
    expect(read(updateProduct, { body: asRead(body), params: { productId: 'p' } })).toEqual({
      ...body,
      productId: 'p',
    });
  });

  it('may be left out', () => {
    expect(read(updateProduct, { params: { productId: 'p' } })).toEqual({ productId: 'p' });
  });

  it('that could not be read travels on', () => {
    const body = new UnreadableInput({ path: '', code: 'invalid_body', message: 'x' });
    expect(read(updateProduct, { body })).toBe(body);
  });
});

describe('a field in the wrong place is named', () => {
  it.each([
    ['a body where there is none', getProduct, { body: asRead({}) }, ['body misplaced_field']],
    ['a query beside a body', updateProduct, { query: { name: 'x' } }, ['name misplaced_field']],
    [
      'a path parameter in the body',
      updateProduct,
      { body: asRead({ productId: 'x' }) },
      ['productId misplaced_field'],
    ],
    [
      'a path parameter in the query',
      getProduct,
      { query: { productId: 'x' } },
      ['productId misplaced_field'],
    ],
  ])('%s', (_name, contract, parts, expected) => {
    expect(faults(contract, parts)).toEqual(expected);
  });
});

describe('If-Match', () => {
  it.each([
    ['"3"', 3],
    ['3', 3],
    ['W/"3"', 3],
    [' "12" ', 12],
  ])('%s stands for the version', (header, version) => {
    expect(read(updateProduct, { headers: { 'if-match': header } })).toEqual({ version });
  });

  it('* guards nothing', () => {
    expect(read(updateProduct, { headers: { 'if-match': '*' } })).toEqual({});
  });

  it.each(['"abc"', '', '-1', '"1", "2"', '1.5', '"99999999999"'])('%s is refused by name', (header) => {
    expect(faults(updateProduct, { headers: { 'if-match': header } })).toEqual(['If-Match invalid_header']);
  });

  it('is no concern of an operation without versions', () => {
    expect(read(getProduct, { headers: { 'if-match': 'x' }, params: { productId: 'p' } })).toEqual({
      productId: 'p',
    });
  });
});
