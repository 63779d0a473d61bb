// `npm run generate -w @thrivetech/sdk`: writes src/admin/generated anew from the server's OpenAPI document.
// With `--check` it writes nothing, and fails when that folder is not what the document gives.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { generateClient } from './generate-client.ts';
import type { OpenApiDocument } from './open-api.ts';

const root = join(import.meta.dirname, '../../..');
const folder = join(import.meta.dirname, '../src/admin/generated');
const biome = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');

const document = JSON.parse(readFileSync(join(root, 'apps/server/openapi.json'), 'utf8')) as OpenApiDocument;
const generated = await generateClient(document);
const wanted = new Map([...generated].map(([name, text]) => [name, inHouseStyle(name, text)]));

if (!process.argv.includes('--check')) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of wanted) writeFileSync(join(folder, name), text);
} else {
  const names = new Set([...wanted.keys(), ...readdirSync(folder)]);
  const differing = [...names].filter((name) => wanted.get(name) !== read(name));
  if (differing.length > 0) {
    process.stderr.write(
      `packages/client/src/admin/generated (${differing.join(', ')}) is not what apps/server/openapi.json gives; ` +
        'run `npm run generate -w @thrivetech/sdk` and commit it.\n',
    );
    process.exitCode = 1;
  }
}

function read(name: string): string | undefined {
  try {
    return readFileSync(join(folder, name), 'utf8');
  } catch {
    return undefined;
  }
}

function inHouseStyle(name: string, input: string): string {
  const path = `packages/client/src/admin/generated/${name}`;
  return execFileSync(process.execPath, [biome, 'check', '--write', `--stdin-file-path=${path}`], {
    cwd: root,
    input,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
}
