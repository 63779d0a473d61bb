import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

export const packageRoot = join(import.meta.dirname, '../..');
export const repositoryRoot = join(packageRoot, '../..');
export const execute = promisify(execFile);

/** The package as its users get it: built, packed, and unpacked into `node_modules` of a folder far from here. */
export interface PackedPackage {
  readonly tarball: string;
  /** What npm says is in the tarball. */
  readonly files: readonly string[];
  /** Where an app would be that has it installed. */
  readonly app: string;
  /** `node_modules/@thrivetech/sdk` of that app. */
  readonly folder: string;
  read(file: string): string;
  remove(): void;
}

export async function packPackage(): Promise<PackedPackage> {
  const temporary = mkdtempSync(join(tmpdir(), 'thrive-package-'));
  const staged = join(temporary, 'staged');
  const app = join(temporary, 'app');
  const folder = join(app, 'node_modules/@thrivetech/sdk');
  mkdirSync(staged);
  mkdirSync(folder, { recursive: true });

  for (const file of ['package.json', 'README.md', 'LICENSE']) {
    copyFileSync(join(packageRoot, file), join(staged, file));
  }
  const tsdown = createRequire(import.meta.url).resolve('tsdown/run');
  await execute(process.execPath, [tsdown, '--out-dir', join(staged, 'dist')], { cwd: packageRoot });
  // The scripts of the package would build it once more, into the folder of the repository.
  const { stdout } = await npm(
    ['pack', '--json', '--ignore-scripts', '--pack-destination', temporary],
    staged,
  );
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  const tarball = join(temporary, packed?.filename ?? '');
  await execute('tar', ['-xzf', tarball, '--strip-components=1', '-C', folder]);
  return {
    tarball,
    files: packed?.files.map(({ path }) => path) ?? [],
    app,
    folder,
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    remove: () => rmSync(temporary, { recursive: true, force: true }),
  };
}

export function npm(args: string[], cwd: string) {
  const started = process.env['npm_execpath'];
  return started?.endsWith('.js')
    ? execute(process.execPath, [started, ...args], { cwd })
    : execute('npm', args, { cwd });
}
