import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { contract } from './contract.ts';
import { pathParameters } from './define-procedure.ts';
import { errorCodes } from './errors.ts';
import { keyTypes } from './primitives.ts';

/** The operations of the API reference that are built, and what else clients rely on by name. */
const operations = {
  'plans.list': 'GET /platform/plans',
  'plans.get': 'GET /platform/plans/:planCode',
  'licenses.create': 'POST /licenses',
  'licenses.list': 'GET /licenses',
  'licenses.get': 'GET /licenses/:licenseId',
  'licenses.update': 'PUT /licenses/:licenseId',
  'licenses.revoke': 'POST /licenses/:licenseId/revoke',
  'activations.activate': 'POST /activate',
  'activations.validate': 'POST /activate/validate',
  'activations.deactivate': 'POST /activate/deactivate',
  'activations.trial': 'POST /activate/trial',
  'products.list': 'GET /products',
  'products.create': 'POST /products',
  'products.get': 'GET /products/:productId',
  'products.update': 'PUT /products/:productId',
  'products.delete': 'DELETE /products/:productId',
  'customers.list': 'GET /customers',
  'customers.create': 'POST /customers',
  'customers.get': 'GET /customers/:customerId',
  'customers.update': 'PUT /customers/:customerId',
  'customers.licenses': 'GET /customers/:customerId/licenses',
  // Beyond the reference.
  'licenses.devices.list': 'GET /licenses/:licenseId/devices',
  'licenses.devices.deactivate': 'DELETE /licenses/:licenseId/devices/:deviceId',
  'licenses.issueFile': 'POST /licenses/:licenseId/license-file',
  'apiKeys.list': 'GET /api-keys',
  'apiKeys.create': 'POST /api-keys',
  'apiKeys.revoke': 'POST /api-keys/:apiKeyId/revoke',
  'webhooks.endpoints.list': 'GET /webhooks/endpoints',
  'webhooks.endpoints.create': 'POST /webhooks/endpoints',
  'webhooks.endpoints.get': 'GET /webhooks/endpoints/:endpointId',
  'webhooks.endpoints.update': 'PUT /webhooks/endpoints/:endpointId',
  'webhooks.endpoints.delete': 'DELETE /webhooks/endpoints/:endpointId',
  'webhooks.endpoints.rotateSecret': 'POST /webhooks/endpoints/:endpointId/rotate-secret',
  'webhooks.endpoints.ping': 'POST /webhooks/endpoints/:endpointId/ping',
  'webhooks.endpoints.recover': 'POST /webhooks/endpoints/:endpointId/recover',
  'webhooks.deliveries.list': 'GET /webhooks/deliveries',
  'webhooks.deliveries.get': 'GET /webhooks/deliveries/:deliveryId',
  'webhooks.deliveries.redeliver': 'POST /webhooks/deliveries/:deliveryId/redeliver',
};

it('the contract has every operation of the reference under its name, method and path', () => {
  const named = Object.fromEntries(contract.map(({ name, method, path }) => [name, `${method} ${path}`]));
  expect(named).toMatchObject(operations);
});

it('no two operations share a name, or a method and path', () => {
  expect(new Set(contract.map(({ name }) => name)).size).toBe(contract.length);
  expect(new Set(contract.map(({ method, path }) => `${method} ${path}`)).size).toBe(contract.length);
});

it('only reads are open to a read-only key, and reads are open to an admin key', () => {
  for (const { name, method, keys } of contract) {
    if (keys.includes('read_only')) expect(method, name).toBe('GET');
    expect(keys, name).toContain('admin');
    if (method === 'GET') expect(keys, name).toContain('read_only');
    expect(keyTypes, name).toEqual(expect.arrayContaining([...keys]));
  }
});

it('a channel key may make the four calls, read the plans, and nothing else', () => {
  const open = contract.filter(({ keys }) => keys.includes('channel')).map(({ name }) => name);
  expect(open.sort()).toEqual([
    'activations.activate',
    'activations.deactivate',
    'activations.trial',
    'activations.validate',
    'plans.get',
    'plans.list',
  ]);
});

describe.each(contract.map((operation) => [operation.name, operation] as const))('%s', (_name, operation) => {
  const schema = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' });

  it('takes no field that it does not name', () => {
    expect(schema.additionalProperties).toBe(false);
  });

  it('requires every parameter of its path', () => {
    expect(schema.required ?? []).toEqual(expect.arrayContaining(pathParameters(operation.path)));
  });

  it('has an example that its own schema accepts', () => {
    const path = Object.fromEntries(pathParameters(operation.path).map((name) => [name, 'x']));
    expect(operation.input.safeParse({ ...operation.example, ...path }).error).toBeUndefined();
  });

  it('documents only errors of the catalogue, each once, and only created and ok as successes', () => {
    expect(errorCodes).toEqual(expect.arrayContaining([...operation.errors]));
    expect(new Set(operation.errors).size).toBe(operation.errors.length);
    expect([200, 201]).toEqual(expect.arrayContaining([...operation.statuses]));
  });
});
