import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { npm, packageRoot, repositoryRoot } from './packed-package.ts';

/** The oldest versions that the package promises, apart from the workspace, whose own `node` they would replace. */
const folder = join(packageRoot, 'test/runtimes');

/** Programs of Node that a user may have, by their major version; installed when they are not. */
export async function findRuntimes(): Promise<ReadonlyMap<number, string>> {
  const program = (version: number) => join(folder, `node_modules/node${version}/bin/node`);
  if (![20, 22].every((version) => existsSync(program(version))))
    await npm(['ci', '--no-audit', '--no-fund'], folder);
  return new Map([
    [20, program(20)],
    [22, program(22)],
    [24, join(repositoryRoot, 'node_modules/node/bin/node')],
  ]);
}
