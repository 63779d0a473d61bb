// `npm run vectors -w packages/lease`: writes the folder `vectors` anew. What it writes depends on nothing but this
// folder, so without a change here nothing changes there.
import { readFileSync, writeFileSync } from 'node:fs';
import { FOREIGN_FILE, generateVectors } from './vectors/all.ts';

const folder = new URL('../vectors/', import.meta.url);

for (const [name, text] of generateVectors(readFileSync(new URL(FOREIGN_FILE, folder), 'utf8'))) {
  writeFileSync(new URL(name, folder), text);
}
