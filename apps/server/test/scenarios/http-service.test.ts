import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listProducts } from '@thrivetech/contracts';
import { verifyKeyset } from '@thrivetech/lease';
import { verifySignature } from '@thrivetech/lease/node';
import { describe, expect, it } from 'vitest';
import { appOf, claimsOf } from '../support/app.ts';
import { createVendor, machine } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sendRaw } from '../support/raw.ts';
import { useServer } from '../support/test-server.ts';

const committed = readFileSync(join(import.meta.dirname, '../../openapi.json'), 'utf8');

eachDatabase((database) => {
  const server = useServer(database);
  const get = (path: string) => sendRaw(server, path);

  it('a running server says that it lives and is ready, to anybody', async () => {
    const answers = [await get('/healthz'), await get('/readyz')];
    expect(answers.map(({ status, text }) => [status, JSON.parse(text)])).toEqual([
      [200, { status: 'ok' }],
      [200, { status: 'ready' }],
    ]);
  });

  it('the published OpenAPI document is the committed one, readable from any origin', async () => {
    const { status, headers, text } = await get('/api/v1/openapi.json');
    expect(status).toBe(200);
    expect(JSON.parse(text)).toEqual(JSON.parse(committed));
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });

  describe('metrics', () => {
    it('count calls by route and status, and never name an id, a key or an address', async () => {
      const vendor = await createVendor(server);
      const product = await vendor.product();
      const license = await vendor.license({ product_id: product.id });
      await sendRaw(server, `/api/v1/products/${product.id}`, { key: vendor.admin });
      await sendRaw(server, `/api/v1/licenses/${license.id}?x=${license.key}`, { key: vendor.admin });
      await sendRaw(server, `/trpc/products.get?input=%7B%22productId%22:%22${product.id}%22%7D`);
      await sendRaw(server, `/no/such/${product.id}`);
      await restDoor(() => server.baseUrl).call(listProducts, {}, { key: vendor.admin });

      const { headers, text } = await get('/metrics');
      expect(headers.get('content-type')).toMatch(/^text\/plain; version=/);
      const line = (route: string, status: number, method = 'GET') =>
        `http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`;
      expect(text).toContain(line('/api/v1/products', 200));
      expect(text).toContain(line('/api/v1/products', 201, 'POST'));
      expect(text).toContain(line('/api/v1/products/:productId', 200));
      expect(text).toContain(line('/api/v1/licenses/:licenseId', 400));
      for (const secret of [
        product.id,
        license.id,
        license.key,
        vendor.account_id,
        '127.0.0.1',
        '/no/such',
      ]) {
        expect(text).not.toContain(secret);
      }
      const routes = [...text.matchAll(/route="([^"]*)"/g)].map(([, route = '']) => route);
      expect(routes.filter((route) => /[a-z]{3}_[0-9a-z]{20}/.test(route))).toEqual([]);
    });

    it('tell how the process is', async () => {
      const { text } = await get('/metrics');
      for (const name of ['process_resident_memory_bytes', 'nodejs_eventloop_lag_seconds']) {
        expect(text).toContain(name);
      }
    });
  });

  describe('the documentation pages', () => {
    // What a browser would load: sources, links, imports and fonts.
    const references = (html: string) =>
      [...html.matchAll(/(?:\bsrc|\bhref|\baction)\s*=\s*["']([^"']+)["']|url\(["']?([^"')]+)/g)].map(
        ([, attribute, css]) => attribute ?? css ?? '',
      );

    it('load nothing from another host, and everything they load is there', async () => {
      const page = await fetch(`${server.baseUrl}/docs`);
      const html = await page.text();
      expect(page.status).toBe(200);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
      const own = new URL(server.baseUrl).origin;
      const urls = references(html)
        .filter((reference) => !reference.startsWith('data:'))
        .map((reference) => new URL(reference, page.url));
      expect(urls.length).toBeGreaterThan(0);
      expect(urls.filter(({ origin }) => origin !== own)).toEqual([]);
      for (const url of urls) {
        const asset = await fetch(url);
        await asset.arrayBuffer();
        expect([asset.status, url.pathname]).toEqual([200, url.pathname]);
      }
      expect(html).toContain('/api/v1/openapi.json');
    });

    it('forbid the browser to talk to anybody else, whatever their library wants', async () => {
      const { headers } = await fetch(`${server.baseUrl}/docs`);
      const policy = new Map(
        (headers.get('content-security-policy') ?? '').split(';').map((rule) => {
          const [name = '', ...sources] = rule.trim().split(/\s+/);
          return [name, sources] as const;
        }),
      );
      expect(policy.get('default-src')).toEqual(["'none'"]);
      expect(policy.get('connect-src')).toEqual(["'self'"]);
      const sources = new Set([...policy.values()].flat());
      const local = ["'self'", "'none'", "'unsafe-inline'", 'data:', 'blob:'];
      expect([...sources].filter((source) => !local.includes(source))).toEqual([]);
    });
  });

  describe('the published keys', () => {
    const published = async () => {
      const { status, headers, text } = await get('/.well-known/thrive-keys.json');
      expect(status).toBe(200);
      expect(headers.get('content-type')).toMatch(/^application\/json/);
      return JSON.parse(text);
    };

    it('are public halves only: a keyset, and the root key that apps embed', async () => {
      const { keyset, root_keys, ...rest } = await published();
      expect(rest).toEqual({});
      expect(root_keys).toEqual([
        { kty: 'OKP', crv: 'Ed25519', x: expect.stringMatching(/^[\w-]{43}$/), kid: expect.any(String) },
      ]);
      const [header, payload] = keyset
        .split('.')
        .slice(0, 2)
        .map((part: string) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')));
      expect(header).toEqual({ alg: 'Ed25519', kid: root_keys[0].kid, typ: 'thrive-keyset+jwt' });
      expect(payload).toMatchObject({ ver: 1, keys: [{ kty: 'OKP', crv: 'Ed25519' }] });
      expect(JSON.stringify(payload)).not.toContain('"d":');
    });

    it('vouch for the key that signs leases', async () => {
      const { keyset, root_keys } = await published();
      const vendor = await createVendor(server);
      const license = await vendor.license();
      const app = appOf(
        restDoor(() => server.baseUrl),
        () => vendor.channel,
      );
      const { data } = await app.activate({ license_key: license.key, device: machine() });
      expect(claimsOf(data.lease).sub).toBe(license.id);
      const verdict = verifyKeyset(keyset, { rootKeys: root_keys, verifySignature });
      expect(verdict.ok && verdict.keyset.keys.map(({ kid }) => kid)).toEqual([data.lease.key_id]);
    });
  });
});
