import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generateClient } from '../../generator/generate-client.ts';
import type { OpenApiDocument, Schema } from '../../generator/open-api.ts';

const path = join(import.meta.dirname, '../../../../apps/server/openapi.json');
const read = () => JSON.parse(readFileSync(path, 'utf8')) as OpenApiDocument;
type Operation = NonNullable<OpenApiDocument['paths'][string]['get']>;

const envelope = (data: Schema, meta: Record<string, Schema> = {}): Schema => ({
  type: 'object',
  properties: { data, meta: { type: 'object', properties: meta } },
});
const operation = (operationId: string, more: Partial<Operation> = {}): Operation => ({
  operationId,
  summary: 'Do it',
  description: 'It is done */ at once.\n\nKeys: `admin`.',
  responses: { '200': { content: { 'application/json': { schema: envelope({ type: 'object' }) } } } },
  ...more,
});
const withOperations = (paths: OpenApiDocument['paths']) => ({ ...read(), paths });
const generate = async (paths: OpenApiDocument['paths']) => {
  const files = await generateClient(withOperations(paths));
  const oneLine = (name: string) => files.get(name)?.replaceAll(/\s+/g, ' ') ?? '';
  return { api: oneLine('api.ts'), types: oneLine('types.ts') };
};

describe('an operation that the server gets tomorrow', () => {
  const sign = operation('contracts.parts.sign', {
    parameters: [
      { name: 'contractId', in: 'path', required: true, schema: { type: 'string' } },
      { $ref: '#/components/parameters/IdempotencyKey' },
    ],
    requestBody: {
      content: {
        'application/json': {
          schema: {
            type: 'object',
            properties: {
              name: { type: 'string', allOf: [{ pattern: '^a' }, { pattern: 'b$' }] },
              color: { type: 'string', enum: ['red', 'green'] },
              count: { type: 'integer', maximum: Number.MAX_SAFE_INTEGER },
              extra: { type: 'object', propertyNames: { pattern: 'x' }, additionalProperties: {} },
            },
            required: ['name'],
          },
        },
      },
    },
  });

  test('becomes a method of its group, with a flat input and without its headers', async () => {
    const { api, types } = await generate({ '/contracts/{contractId}/sign': { post: sign } });
    expect(api).toContain('readonly contracts: ContractsApi;');
    expect(api).toContain('readonly parts: ContractsPartsApi;');
    expect(api).toContain(
      'sign(input: ContractsPartsSignInput, options?: CallOptions): Promise<ContractsPartsSignResult>',
    );
    expect(types).toContain('contractId: string;');
    expect(types).toContain('name: string;');
    expect(types).toContain('color?: "red" | "green" | undefined;');
    expect(types).toContain('count?: number | undefined;');
    expect(types).toContain('extra?: Record<string, unknown> | undefined;');
    expect(types).not.toMatch(/idempotency|@max|\bany\b/i);
  });

  test('brings its text along, which cannot end the comment', async () => {
    const { api } = await generate({ '/contracts/{contractId}/sign': { post: sign } });
    expect(api).toContain('* It is done *\\/ at once.');
  });

  test('that gives pages becomes two methods', async () => {
    const pages = operation('contracts.list', {
      parameters: [{ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 50 } }],
      responses: {
        '200': {
          content: {
            'application/json': {
              schema: envelope(
                { type: 'array', items: { $ref: '#/components/schemas/License' } },
                { pagination: {} },
              ),
            },
          },
        },
      },
    });
    const archived = { ...pages, operationId: 'contracts.archived' };
    const { api, types } = await generate({ '/contracts': { get: pages }, '/archived': { get: archived } });
    expect(api).toContain(
      'list(input: ContractsListInput = {}, options?: CallOptions): Promise<Page<License>>',
    );
    expect(api).toContain(
      'iterate(input: ContractsListInput = {}, options?: CallOptions): AsyncIterable<License>',
    );
    expect(api).toContain('iterateArchived(input: ContractsArchivedInput = {}');
    expect(api).toContain('"limitMax":50');
    expect(types).toContain('export interface License {');
  });
});

describe('what a method could not express stops the generation instead of being left out', () => {
  const named = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });
  test.each([
    [
      'two fields of one name',
      { '/a/{id}': { get: operation('a.get', { parameters: [named('id'), named('id')] }) } },
    ],
    ['an unknown method', { '/a': { patch: operation('a.patch') } }],
    ['two operations of one name', { '/a': { get: operation('a.b') }, '/b': { get: operation('a.b') } }],
    [
      'an operation called as a group',
      { '/a': { get: operation('a.b') }, '/b': { get: operation('a.b.c') } },
    ],
    ['a constructor', { '/a': { get: operation('a.constructor') } }],
    ['no success', { '/a': { get: operation('a.get', { responses: {} }) } }],
    [
      'a body that is a list',
      {
        '/a': {
          post: operation('a.post', {
            requestBody: { content: { 'application/json': { schema: { type: 'array' } } } },
          }),
        },
      },
    ],
    [
      'a lost reference',
      { '/a': { get: operation('a.get', { parameters: [{ $ref: '#/components/parameters/No' }] }) } },
    ],
  ])('%s', async (_name, paths: OpenApiDocument['paths']) => {
    await expect(generate(paths)).rejects.toThrow();
  });
});
