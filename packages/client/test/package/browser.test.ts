import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PackedPackage, packPackage } from './packed-package.ts';

const candidates = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = candidates.find((path) => existsSync(path));
// On somebody's own machine a browser is a matter of taste; where changes are judged it is not.
const isMissing = executablePath === undefined && process.env['CI'] !== 'true';
if (isMissing) {
  console.warn('SKIPPED: the tests in a browser need Chromium (Debian: apt-get install chromium).');
}

interface Manifest {
  readonly exports: Record<string, { browser?: { default: string }; default?: string }>;
}

describe.skipIf(isMissing)('in Chromium', () => {
  let packed: PackedPackage;
  let server: Server;
  beforeAll(async () => {
    packed = await packPackage();
    server = await serve(packed);
  }, 120_000);
  afterAll(async () => {
    server?.close();
    packed?.remove();
  });

  test('a page activates, verifies a lease offline, refuses a forged one, and verifies a webhook', async () => {
    const browser = await chromium.launch({
      ...(executablePath !== undefined && { executablePath }),
      args: ['--no-sandbox'],
    });
    try {
      const page = await browser.newPage();
      const faults: unknown[] = [];
      page.on('pageerror', (error) => faults.push(error));
      page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.waitForFunction('globalThis.results !== undefined');
      expect(faults).toEqual([]);
      expect(await page.evaluate('globalThis.results')).toEqual({
        online: { result: 'activated', ok: true, forged: false, askedAgain: 0 },
        managed: { ids: ['lic_1'], type: 'license.created', other: 'INVALID_WEBHOOK' },
        hasLicenseForNode: false,
      });
    } finally {
      await browser.close();
    }
  });
});

/** The package as a page finds it that maps imports by the conditions of a browser. */
function serve(packed: PackedPackage): Promise<Server> {
  const { exports } = JSON.parse(packed.read('package.json')) as Manifest;
  const imports = Object.fromEntries(
    Object.entries(exports).map(([entry, conditions]) => {
      const file = conditions.browser?.default ?? conditions.default ?? '';
      return [join('@thrivetech/sdk', entry), join('/package', file)];
    }),
  );
  const page = `<!doctype html><title>Test</title><link rel="icon" href="data:,">
    <script type="importmap">${JSON.stringify({ imports })}</script>
    <script type="module">
      import * as sdk from '@thrivetech/sdk';
      import * as admin from '@thrivetech/sdk/admin';
      import * as testing from '@thrivetech/sdk/testing';
      import { activateOnline, manage } from '/smoke.mjs';
      globalThis.results = {
        online: await activateOnline(sdk, testing),
        managed: await manage(admin),
        hasLicenseForNode: 'ThriveLicense' in sdk,
      };
    </script>`;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    const script = (text: string) => response.setHeader('content-type', 'text/javascript').end(text);
    if (path === '/') response.setHeader('content-type', 'text/html').end(page);
    else if (path === '/smoke.mjs') script(readFileSync(join(import.meta.dirname, 'smoke.mjs'), 'utf8'));
    else if (path.startsWith('/package/dist/')) script(packed.read(path.slice('/package/'.length)));
    else response.writeHead(404).end();
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
