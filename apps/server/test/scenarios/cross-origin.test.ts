import { activateLicense } from '@thrivetech/contracts';
import { beforeAll, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await createVendor(server);
  });
  const origin = 'https://app.example.com';
  const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: unknown) =>
    fetch(server.baseUrl + path, {
      method,
      headers: { origin, ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const allowed = (response: Response) => response.headers.get('access-control-allow-origin');
  const calls = ['/activate', '/activate/validate', '/activate/deactivate', '/activate/trial'].map(
    (path) => `/api/v1${path}`,
  );

  it('a web page of any origin may ask before it makes one of the four calls', async () => {
    for (const path of [...calls, '/.well-known/thrive-keys.json']) {
      const asked = await ask('OPTIONS', path, { 'access-control-request-method': 'POST' });
      expect([path, asked.status, allowed(asked)]).toEqual([path, 200, '*']);
      expect(asked.headers.get('access-control-allow-headers')).toContain('authorization');
    }
  });

  it('and reads the answer, good or bad', async () => {
    const { key: license_key } = await vendor.license();
    const headers = { authorization: `Bearer ${vendor.channel}`, 'content-type': 'application/json' };
    const path = `/api/v1${activateLicense.path}`;
    const good = await ask('POST', path, headers, { license_key, device: machine() });
    expect([good.status, allowed(good)]).toEqual([201, '*']);
    const bad = await ask('POST', path, headers, { license_key });
    expect([bad.status, allowed(bad)]).toEqual([400, '*']);
    const refused = await ask('POST', path, { 'content-type': 'application/json' }, {});
    expect([refused.status, allowed(refused)]).toEqual([401, '*']);
    const keys = await ask('GET', '/.well-known/thrive-keys.json');
    expect([keys.status, allowed(keys)]).toEqual([200, '*']);
  });

  it('management stays closed to web pages', async () => {
    for (const path of [
      '/api/v1/licenses',
      '/api/v1/products',
      '/trpc/products.list',
      '/api/v1/activate/other',
    ]) {
      const asked = await ask('OPTIONS', path, { 'access-control-request-method': 'GET' });
      expect([path, asked.status, allowed(asked)]).toEqual([path, 404, null]);
    }
    const read = await ask('GET', '/api/v1/products', { authorization: `Bearer ${vendor.admin}` });
    expect([read.status, allowed(read)]).toEqual([200, null]);
  });
});
