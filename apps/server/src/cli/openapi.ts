import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOpenApiDocument } from '../http/openapi/build-document.ts';

const path = join(import.meta.dirname, '../../openapi.json');
const text = `${JSON.stringify(buildOpenApiDocument(), null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  process.stderr.write(
    'apps/server/openapi.json differs from the contracts; run `npm run openapi` and commit it.\n',
  );
  process.exit(1);
}
