import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../../..');
const folder = 'apps/server/deploy';
const read = (file: string) => readFileSync(join(root, folder, file), 'utf8');

interface Instruction {
  readonly name: string;
  readonly value: string;
}
/** Instructions with their continued lines joined, comments left out. */
const instructions: Instruction[] = read('Dockerfile')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter(Boolean)
  .map((line) => ({ name: line.split(' ', 1)[0] ?? '', value: line.slice(line.indexOf(' ') + 1) }));
const named = (name: string) => instructions.filter((one) => one.name === name).map(({ value }) => value);
/** Of the last stage, which becomes the image. */
const last = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
/** Paths of the repository that are copied, by stage or not. */
const copied = named('COPY')
  .filter((value) => !value.startsWith('--from='))
  .flatMap((value) => value.split(' ').slice(0, -1));

/** Does a path of the repository reach the build? The last line that matches decides. */
function isSent(path: string): boolean {
  const lines = read('Dockerfile.dockerignore')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));
  let isIgnored = false;
  for (const line of lines) {
    const pattern = line.replace(/^!/, '');
    // To Docker a star stands for names with a dot in front, too.
    const isMatch = pattern === '*' || matchesGlob(path, pattern) || matchesGlob(path, `${pattern}/**`);
    if (isMatch) isIgnored = !line.startsWith('!');
  }
  return !isIgnored;
}

describe('the image', () => {
  it('stands on the Node that the repository pins, by its major version, and small', () => {
    const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const major = devDependencies.node.split('.')[0];
    for (const from of named('FROM')) expect(from).toMatch(new RegExp(`^node:${major}-slim( AS \\w+)?$`));
    expect(named('FROM')).toHaveLength(2);
  });

  it('runs as somebody who is not root, and says so after all that root has to do', () => {
    expect(last.filter(({ name }) => name === 'USER').map(({ value }) => value)).toEqual(['node']);
    const user = last.findIndex(({ name }) => name === 'USER');
    expect(last.slice(user).map(({ name }) => name)).not.toContain('RUN');
    expect(last.slice(user).map(({ name }) => name)).toContain('CMD');
  });

  it('fetches nothing by address, and leaves compilers behind', () => {
    expect(named('ADD')).toEqual([]);
    expect(named('RUN').join('\n')).not.toMatch(/https?:|curl|wget|npx/);
    expect(last.map(({ value }) => value).join('\n')).not.toMatch(/apt-get|npm /);
    expect(named('RUN').join('\n')).toMatch(/npm ci --omit=dev/);
  });

  it('compiles SQLite where it is built', () => {
    expect(named('ENV').join(' ')).toContain('npm_config_build_from_source=true');
  });

  it('holds no secret, and asks for none while it is built', () => {
    expect(named('ARG')).toEqual([]);
    expect(named('ENV').join(' ')).not.toMatch(/KEY|SECRET|PASSWORD|TOKEN|DATABASE_URL/i);
    for (const path of ['data/keys/master.key', '.env', 'apps/server/deploy/.env', '.git/config'])
      expect([path, isSent(path)]).toEqual([path, false]);
  });

  it('keeps its data in a volume, and is healthy when it is ready', () => {
    const [volume] = named('VOLUME');
    expect(named('ENV').join(' ')).toContain(`DATA_DIR=${volume}`);
    expect(named('HEALTHCHECK').join()).toMatch(/\/readyz/);
    expect(named('STOPSIGNAL')).toEqual(['SIGTERM']);
    // In a list: a shell in between would get the signal instead.
    expect(named('CMD').at(-1)).toMatch(/^\["node", "apps\/server\/src\/main\.ts"\]$/);
  });

  it('copies what there is, and what is sent to the build', () => {
    expect(copied.length).toBeGreaterThan(5);
    for (const path of copied) {
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
      const inside = existsSync(join(root, path, 'package.json')) ? `${path}/package.json` : path;
      expect([inside, isSent(inside)]).toEqual([inside, true]);
    }
  });

  it('holds every workspace that the server needs, and its guides', () => {
    const manifest = (path: string) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const needed = Object.keys(manifest('apps/server').dependencies).filter((name) =>
      name.startsWith('@thrivetech/'),
    );
    for (const name of needed) {
      const path = readdirSync(join(root, 'packages')).find(
        (one) => manifest(`packages/${one}`).name === name,
      );
      expect(copied).toContain(`packages/${path}`);
      expect(copied).toContain(`packages/${path}/package.json`);
    }
    expect(copied).toContain('docs');
    expect(isSent('docs/operating.md')).toBe(true);
  });

  it.each([
    'apps/server/src/platform/tracing.test.ts',
    'apps/server/src/modules/webhooks/receivers.fixtures.ts',
    'apps/server/test/support/app.ts',
    'apps/server/node_modules/commander/package.json',
    'node_modules/node/bin/node',
    'packages/client/src/index.ts',
  ])('leaves out %s', (path) => {
    expect(isSent(path)).toBe(false);
  });
});
