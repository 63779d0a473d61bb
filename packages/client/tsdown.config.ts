import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { defineConfig, type UserConfig } from 'tsdown';

const entries = ['index', 'browser', 'admin/index', 'testing/index'];
/** `admin/index` → `admin`, the name under which it is published. */
const nameOf = (entry: string) => entry.replace('/index', '');
const entryOf = (fileOf: (entry: string) => string) =>
  Object.fromEntries(entries.map((entry) => [nameOf(entry), fileOf(entry)]));

const common: UserConfig = {
  platform: 'neutral',
  target: 'node20',
  deps: {
    alwaysBundle: [/^@thrivetech\//],
    // Whoever installs this package installs nothing else: what comes from npm may not get in.
    onlyBundle: [],
    neverBundle: [/^node:/],
  },
  // Else comments name the temporary folder.
  inputOptions: { experimental: { attachDebugInfo: 'none' } },
  failOnWarn: true,
  report: false,
};

// The bundler of declarations wants TypeScript's JavaScript API, which TypeScript 7 has no more. So tsc writes them
// file by file, and the bundler puts together what is declarations already.
const declarations = mkdtempSync(join(tmpdir(), 'thrive-declarations-'));
process.once('exit', () => rmSync(declarations, { recursive: true, force: true }));

const leaseDeclarations: Record<string, string> = {
  '@thrivetech/lease': join(declarations, 'lease/src/index.d.ts'),
  '@thrivetech/lease/node': join(declarations, 'lease/src/node.d.ts'),
};

function declare(): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  const args = ['--project', join(import.meta.dirname, 'tsconfig.build.json'), '--outDir', declarations];
  execFileSync(process.execPath, [tsc, ...args], { stdio: 'inherit' });
}

export default defineConfig([
  { ...common, entry: entryOf((entry) => `src/${entry}.ts`), dts: false },
  {
    ...common,
    entry: entryOf((entry) => join(declarations, `client/src/${entry}.d.ts`)),
    dts: { dtsInput: true, emitDtsOnly: true },
    plugins: [
      {
        name: 'declarations-of-lease',
        resolveId: { order: 'pre', handler: (id) => leaseDeclarations[id] },
      },
    ],
    clean: false,
    hooks: { 'build:prepare': declare },
  },
]);
