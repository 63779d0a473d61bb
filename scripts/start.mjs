// `npm start`: installs what is missing, then runs the server. Arguments after `--` are the server's.
import module from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { endLike, pinnedNode, root, run } from './processes.mjs';
import { ensureInstalled } from './setup.mjs';

const main = join(root, 'apps', 'server', 'src', 'main.ts');

await ensureInstalled();

// `npm start --json` (without the `--`) keeps npm's own banner off standard output; npm tells us of it only so.
if (process.env.npm_config_json === 'true' && !process.argv.includes('--json')) process.argv.push('--json');

// What was compiled once is kept: a later start is faster, and does not hold the TypeScript compiler in memory.
const compileCache = join(root, 'node_modules', '.cache', 'thrive');

if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache(compileCache);
  await import(pathToFileURL(main).href);
} else {
  const env = { ...process.env, NODE_COMPILE_CACHE: compileCache };
  endLike(await run(pinnedNode, [main, ...process.argv.slice(2)], { env }));
}
