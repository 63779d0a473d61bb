// `npm start`: installs what is missing, then runs the server. Arguments after `--` are the server's.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { endLike, pinnedNode, root, run } from './processes.mjs';
import { ensureInstalled } from './setup.mjs';

const main = join(root, 'apps', 'server', 'src', 'main.ts');

await ensureInstalled();

// `npm start --json` (without the `--`) keeps npm's own banner off standard output; npm tells us of it only so.
if (process.env.npm_config_json === 'true' && !process.argv.includes('--json')) process.argv.push('--json');

if (Number(process.versions.node.split('.')[0]) >= 24) await import(pathToFileURL(main).href);
else endLike(await run(pinnedNode, [main, ...process.argv.slice(2)]));
