import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { publint } from 'publint';
import { build } from 'tsdown';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { execute, type PackedPackage, packageRoot, packPackage, repositoryRoot } from './packed-package.ts';
import { findRuntimes } from './runtimes.ts';

let packed: PackedPackage;
beforeAll(async () => {
  packed = await packPackage();
}, 120_000);
afterAll(() => packed?.remove());

const entries = ['index', 'browser', 'admin', 'testing'];

/** What a file of the package imports, in whatever form. */
const importsOf = (file: string): string[] =>
  [...packed.read(file).matchAll(/(?:^|[;\s])(?:from|import|require)\s*\(?\s*(["'])([^"'\n]+)\1/g)].map(
    ([, , specifier = '']) => specifier,
  );

/** A file and all that it brings along. */
function reachableFrom(file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const specifier of importsOf(file)) {
    if (specifier.startsWith('./')) reachableFrom(join(dirname(file), specifier), found);
  }
  return found;
}

describe('the tarball', () => {
  test('holds what is built, README, LICENSE and package.json, and nothing else', () => {
    const [others, built] = [false, true].map((isBuilt) =>
      packed.files.filter((file) => file.startsWith('dist/') === isBuilt).sort(),
    );
    expect(others).toEqual(['LICENSE', 'README.md', 'package.json']);
    expect(built).toEqual(
      expect.arrayContaining(entries.flatMap((entry) => [`dist/${entry}.d.ts`, `dist/${entry}.js`])),
    );
    for (const file of built ?? []) expect(file).toMatch(/^dist\/[\w-]+\.(js|d\.ts)$/);
  });

  test('imports nothing that is not in it but modules of Node, in code as in types', () => {
    for (const file of packed.files.filter((name) => name.startsWith('dist/'))) {
      const [, ending = ''] = file.match(/([.]d[.]ts|[.]js)$/) ?? [];
      for (const specifier of importsOf(file)) {
        // TypeScript looks for `./x.d.ts` where it reads `./x.js`.
        const meant = specifier.replace(/^[.]\/(.*)[.]js$/, `dist/$1${ending}`);
        const isThere = packed.files.includes(meant) || specifier.startsWith('node:');
        expect(isThere, `${file} imports ${specifier}`).toBe(true);
      }
    }
  });

  test('needs Node only in the entry that is for Node', () => {
    const nodeModules = (entry: string) =>
      [...reachableFrom(`dist/${entry}.js`)].flatMap(importsOf).filter((one) => one.startsWith('node:'));
    expect(nodeModules('index')).not.toEqual([]);
    for (const entry of ['browser', 'admin', 'testing'])
      expect([entry, nodeModules(entry)]).toEqual([entry, []]);
  });

  test('says nothing of the machine it was built on', () => {
    for (const file of packed.files) {
      expect(packed.read(file).includes(repositoryRoot), file).toBe(false);
      expect(packed.read(file), file).not.toMatch(/thrive-declarations|sourceMappingURL/);
    }
  });

  test('installs nothing and runs nothing', () => {
    const manifest = JSON.parse(packed.read('package.json')) as Record<string, unknown>;
    for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies', 'bin']) {
      expect(manifest[field], field).toBeUndefined();
    }
    const scripts = Object.keys(manifest['scripts'] ?? {});
    expect(scripts.filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
  });

  test('carries the docstrings of what it exports', () => {
    const all = packed.files.filter((file) => file.endsWith('.d.ts')).map((file) => packed.read(file));
    for (const said of [
      'Asks the server whether the license holds',
      'All pages, each fetched when it is needed',
    ])
      expect(all.join('')).toContain(said);
  });
});

describe('by the judgement of others', () => {
  test('publint finds nothing to say', async () => {
    const { messages } = await publint({ pkgDir: packed.folder, pack: false, strict: true });
    expect(messages).toEqual([]);
  });

  test('the types are those of the code, for every way of importing ES modules (attw)', async () => {
    const attw = join(repositoryRoot, 'node_modules/@arethetypeswrong/cli/dist/index.js');
    const args = [attw, packed.tarball, '--profile', 'esm-only', '--format', 'ascii'];
    const { stdout } = await execute(process.execPath, args);
    for (const entry of ['@thrivetech/sdk', '@thrivetech/sdk/admin', '@thrivetech/sdk/testing']) {
      expect(stdout).toContain(`"${entry}"`);
    }
  });
});

describe('an app in TypeScript', () => {
  const use = {
    ofNode: `import type { IncomingHttpHeaders } from 'node:http';
      import { verifyWebhook } from '@thrivetech/sdk/admin';
      export const verify = (headers: IncomingHttpHeaders, body: Buffer) => verifyWebhook(body, headers, ['']);`,
    sdk: `import { ThriveLicense, type LicenseState, ThriveError } from '@thrivetech/sdk';
      const license = new ThriveLicense({ baseUrl: '', channelKey: '', productId: '', rootKeys: [] });
      const state: LicenseState = license.check();
      export const until: Date | null = state.isLicensed ? state.graceUntil : null;
      export const isOurs = (error: unknown): boolean => error instanceof ThriveError && error.retryable;`,
    browser: `import { ThriveOnline } from '@thrivetech/sdk';
      export const online = new ThriveOnline({
        baseUrl: '', channelKey: '', productId: '', rootKeys: [], device: { fingerprint: '' },
      });`,
    admin: `import { type License, ThriveAdmin, type WebhookEvent, verifyWebhook } from '@thrivetech/sdk/admin';
      const admin = new ThriveAdmin({ baseUrl: '', apiKey: '' });
      export async function renewed(request: Request): Promise<License | null> {
        const event: WebhookEvent = await verifyWebhook(await request.text(), request.headers, 'whsec_');
        if (event.type !== 'license.expired') return null;
        return admin.licenses.renew({ licenseId: event.data.license_id });
      }
      // @ts-expect-error: a field that the operation does not have.
      admin.licenses.list({ colour: 'red' });
      // @ts-expect-error: an id is missing.
      admin.licenses.get({});`,
    testing: `import { createEmulator, createTestClock } from '@thrivetech/sdk/testing';
      import { ThriveOnline } from '@thrivetech/sdk';
      const emulator = await createEmulator({ clock: createTestClock() });
      export const online = new ThriveOnline({ ...emulator.connection, device: { fingerprint: '' } });`,
  };
  const strict = { strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: false };
  const compile = async (name: string, options: object, texts: string[]) => {
    const folder = join(packed.app, name);
    mkdirSync(folder);
    texts.forEach((text, index) => {
      writeFileSync(join(folder, `file-${index}.mts`), text);
    });
    const compilerOptions = { ...strict, target: 'es2022', ...options };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.mts'] }));
    const tsc = join(repositoryRoot, 'node_modules/typescript/bin/tsc');
    return execute(process.execPath, [tsc, '--project', folder]).catch(({ stdout }) => {
      throw new Error(stdout);
    });
  };

  test('of Node finds every type, and checks those of the package itself', async () => {
    const typeRoots = [join(repositoryRoot, 'node_modules/@types')];
    const options = { module: 'nodenext', lib: ['es2023'], typeRoots, types: ['node'] };
    await compile('of-node', options, [use.sdk, use.ofNode, use.admin, use.testing]);
  });

  test('can be written as the guide and the README say', async () => {
    const guide = readFileSync(join(repositoryRoot, 'docs/admin-client.md'), 'utf8');
    const blocks = (markdown: string) =>
      [...markdown.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text);
    const given = `
      declare const apiKey: string, secret: string, webhookSecret: string, keyFromTheUser: string, rawBody: string;
      declare const request: Request;
      declare function write(text: string): void;
      declare function remindToRenew(licenseId: string): Promise<void>;
      export {};
    `;
    const texts = [blocks(guide).join('\n'), ...blocks(packed.read('README.md'))];
    expect(texts).toHaveLength(4);
    const typeRoots = [join(repositoryRoot, 'node_modules/@types')];
    const options = { module: 'nodenext', lib: ['es2023'], typeRoots, types: ['node'] };
    await compile(
      'of-the-guides',
      options,
      texts.map((text) => `${given}${text}`),
    );
  });

  test('of a browser or a worker needs no types of Node', async () => {
    const options = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2023', 'dom'], types: [] };
    const customConditions = ['browser'];
    await compile('of-a-browser', { ...options, customConditions }, [use.browser, use.admin, use.testing]);
  });
});

test('the code of the browser, admin and testing entries knows nothing of Node, not even its globals', async () => {
  const project = join(packed.app, 'tsconfig.neutral.json');
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(packageRoot, 'tsconfig.build.json'),
      include: ['browser.ts', 'admin/index.ts', 'testing/index.ts'].map((file) =>
        join(packageRoot, 'src', file),
      ),
      compilerOptions: { types: [], lib: ['es2023', 'dom', 'dom.asynciterable'], noEmit: true },
    }),
  );
  const tsc = join(repositoryRoot, 'node_modules/typescript/bin/tsc');
  const { stdout } = await execute(process.execPath, [tsc, '--project', project]).catch((error) => error);
  expect(stdout).toBe('');
});

describe('a bundler', () => {
  const bundle = async (text: string, options: Parameters<typeof build>[0] = {}) => {
    const entry = join(packed.app, 'bundled.mjs');
    writeFileSync(entry, text);
    const [built] = await build({
      config: false,
      cwd: packed.app,
      entry: { bundled: entry },
      platform: 'browser',
      minify: true,
      write: false,
      dts: false,
      logLevel: 'silent',
      deps: { alwaysBundle: [/^@thrivetech\//], neverBundle: [/^node:/], onlyBundle: false },
      ...options,
    });
    return built?.chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('') ?? '';
  };

  test('for browsers takes the entry without Node', async () => {
    const code = await bundle(`import { ThriveOnline } from '@thrivetech/sdk'; console.log(ThriveOnline);`);
    expect(code).toContain('/activate/validate');
    expect(code).not.toContain('node:');
  });

  test('leaves out what an app does not use', async () => {
    const code = await bundle(
      `import { verifyWebhook } from '@thrivetech/sdk/admin'; console.log(verifyWebhook);`,
    );
    expect(code).toContain('whsec_');
    expect(code).not.toContain('/licenses');
  });
});

describe('minified and compressed', () => {
  const gzipped = async (entry: string, withoutDeviceReaders = false) => {
    const [built] = await build({
      config: false,
      cwd: packageRoot,
      entry: { measured: join(packageRoot, 'src', entry) },
      platform: 'neutral',
      target: 'node20',
      minify: true,
      write: false,
      dts: false,
      logLevel: 'silent',
      deps: {
        alwaysBundle: [/^@thrivetech\//],
        neverBundle: [/^node:/, ...(withoutDeviceReaders ? [/device-reader[.]ts$/] : [])],
        onlyBundle: false,
      },
    });
    const code = built?.chunks.map((chunk) => ('code' in chunk ? chunk.code : '')).join('') ?? '';
    expect(code).not.toBe('');
    return gzipSync(code).length;
  };

  test('the client is at most 25 kB without the readers of the machine, and 30 kB with them', async () => {
    expect(await gzipped('index.ts', true)).toBeLessThanOrEqual(25_000);
    expect(await gzipped('index.ts')).toBeLessThanOrEqual(30_000);
  });

  test('the browser entry is at most 12 kB, and admin as well', async () => {
    expect(await gzipped('browser.ts')).toBeLessThanOrEqual(12_000);
    expect(await gzipped('admin/index.ts')).toBeLessThanOrEqual(12_000);
  });
});

describe('installed from the tarball', () => {
  let runtimes: ReadonlyMap<number, string>;
  beforeAll(async () => {
    runtimes = await findRuntimes();
  }, 300_000);

  test.each([20, 22, 24])('every entry works on Node %d', async (version) => {
    const program = runtimes.get(version) ?? '';
    const main = `
      import * as sdk from '@thrivetech/sdk';
      import * as admin from '@thrivetech/sdk/admin';
      import * as testing from '@thrivetech/sdk/testing';
      import { activateAndCheck, activateOnline, manage } from './smoke.mjs';
      const directory = './state-${version}';
      const results = {
        version: process.versions.node,
        installed: await activateAndCheck(sdk, testing, directory),
        online: await activateOnline(sdk, testing),
        managed: await manage(admin),
      };
      console.log(JSON.stringify(results));
    `;
    writeFileSync(join(packed.app, `main-${version}.mjs`), main);
    copyFileSync(join(import.meta.dirname, 'smoke.mjs'), join(packed.app, 'smoke.mjs'));
    const { stdout, stderr } = await execute(program, [`main-${version}.mjs`], { cwd: packed.app });
    expect(JSON.parse(stdout)).toEqual({
      version: expect.stringMatching(new RegExp(`^${version}[.]`)),
      installed: { before: 'active', after: 'active' },
      online: { result: 'activated', ok: true, forged: false, askedAgain: 0 },
      managed: { ids: ['lic_1'], type: 'license.created', other: 'INVALID_WEBHOOK' },
    });
    expect(stderr).toBe('');
  });
});
