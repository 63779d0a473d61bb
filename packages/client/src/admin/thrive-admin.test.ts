import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { succeeds } from './admin.fixtures.ts';
import { ThriveAdmin, type ThriveAdminOptions } from './thrive-admin.ts';

const apiKey = 'tt_admin_secret';

test.each([
  ['https://licenses.example', 'https://licenses.example/api/v1/platform/plans'],
  ['https://licenses.example/', 'https://licenses.example/api/v1/platform/plans'],
  ['http://127.0.0.1:4000/api/v1', 'http://127.0.0.1:4000/api/v1/platform/plans'],
  ['https://example.com/licensing/', 'https://example.com/licensing/api/v1/platform/plans'],
])('the server at %s is asked at %s', async (baseUrl, url) => {
  const asked: string[] = [];
  const admin = new ThriveAdmin({
    baseUrl,
    apiKey,
    fetch: async (input) => {
      asked.push(String(input));
      return succeeds([])();
    },
  });
  await admin.plans.list();
  expect(asked).toEqual([url]);
});

describe('a mistake in the options is told when the client is made', () => {
  const good: ThriveAdminOptions = { baseUrl: 'https://licenses.example', apiKey };
  test.each([
    ['no address', { baseUrl: 'licenses.example' }],
    ['another scheme', { baseUrl: 'ftp://licenses.example' }],
    ['an address with a query', { baseUrl: 'https://licenses.example/?a=1' }],
    ['no host', { baseUrl: 'https:///' }],
    ['no key', { apiKey: '' }],
    ['a key with a line end, of which fetch would tell in an error', { apiKey: `${apiKey}\n` }],
    ['no time', { timeoutMs: 0 }],
    ['a time that is none', { timeoutMs: Number.NaN }],
    ['fewer than no retries', { retriesMax: -1 }],
  ])('%s', (_name, wrong) => {
    expect(() => new ThriveAdmin({ ...good, ...wrong })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION', message: expect.not.stringContaining('secret') }),
    );
  });
});

test('a client that gets into a log shows no key', () => {
  const admin = new ThriveAdmin({ baseUrl: 'https://licenses.example', apiKey });
  expect(inspect(admin, { depth: 10, showHidden: true })).not.toContain('secret');
  expect(JSON.stringify(admin)).not.toContain('secret');
});
