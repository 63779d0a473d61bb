// `npm run example -- <command>`: runs the example app. Installs and builds first what it needs.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { endLike, pinnedNode, root, run, runNpm } from './processes.mjs';
import { ensureInstalled } from './setup.mjs';

await ensureInstalled();

if (!existsSync(join(root, 'packages', 'client', 'dist', 'index.js'))) {
  // Standard output belongs to the app.
  const build = ['run', 'build', '--workspace=@thrivetech/sdk', '--silent'];
  const { code } = await runNpm(build, { stdio: ['ignore', 2, 2] });
  if (code !== 0) {
    process.stderr.write('The client package could not be built; the reason is above.\n');
    process.exit(1);
  }
}
endLike(await run(pinnedNode, [join(root, 'apps', 'example', 'jotter.ts'), ...process.argv.slice(2)]));
