import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errorCatalogue } from '@thrivetech/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { errorCodes, type LicenseState, ThriveLicense, type ThriveLicenseOptions } from '../src/index.ts';
import { startRealServer } from './support/server-process.ts';

const root = join(import.meta.dirname, '../../..');
const guide = readFileSync(join(root, 'docs/client.md'), 'utf8');
const execute = promisify(execFile);

/** The rows of the table under a heading, cell by cell. */
function tableUnder(heading: string): string[][] {
  const [, section = ''] = guide.split(`\n## ${heading}\n`);
  const [table = ''] = section.match(/(?:^\|.*\n)+/m) ?? [];
  const rows = table.trimEnd().split('\n').slice(2);
  return rows.map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
}
const names = (heading: string) =>
  tableUnder(heading).flatMap(([cell = '']) => [...cell.matchAll(/`(\w+)/g)].map(([, name = '']) => name));
const blocks = [...guide.matchAll(/```ts ?(\w*)\n([\s\S]*?)```/g)].map(([, name = '', code = '']) => ({
  name,
  code,
}));
const blockOf = (wanted: string) => blocks.find(({ name }) => name === wanted)?.code ?? '';

describe('client.md', () => {
  it('has every state, and says of each whether the app may run', () => {
    const licensed = {
      unlicensed: 'no',
      active: 'yes',
      trial: 'yes',
      grace: 'yes',
      expired: 'no',
      revoked: 'no',
      suspended: 'no',
      device_limit: 'no',
      clock_rollback: 'no',
      tampered: 'no',
    } satisfies {
      [Status in LicenseState['status']]: Extract<LicenseState, { status: Status }>['isLicensed'] extends true
        ? 'yes'
        : 'no';
    };
    expect(tableUnder('The states').map(([status = '', is]) => [status.replaceAll('`', ''), is])).toEqual(
      Object.entries(licensed),
    );
  });

  it('has every error that arises on the machine of an app, and whether to try again', () => {
    const elsewhere = [...Object.keys(errorCatalogue), 'INVALID_WEBHOOK'];
    const own = Object.entries(errorCodes).filter(([code]) => !elsewhere.includes(code));
    const table = tableUnder('Errors').map(([code = '', again]) => [
      code.replaceAll('`', ''),
      again === 'yes',
    ]);
    expect(table).toEqual(own.map(([code, { retryable }]) => [code, retryable]));
  });

  it('has every method and every option', () => {
    const methods = Object.getOwnPropertyNames(ThriveLicense.prototype).filter(
      (name) => name !== 'constructor',
    );
    expect(names('The methods').sort()).toEqual(methods.sort());
    const options = {
      ...{ baseUrl: 1, channelKey: 1, productId: 1, rootKeys: 1, fetch: 1, clock: 1, random: 1 },
      ...{ storage: 1, device: 1, secretBox: 1, appVersion: 1 },
    } satisfies Record<keyof ThriveLicenseOptions, 1>;
    const listed = [
      ...names('Before you begin'),
      ...tableUnder('Options').flatMap(([cell = '']) => cell.match(/\w+/g) ?? []),
    ];
    expect(listed.sort()).toEqual(Object.keys(options).sort());
  });
});

describe('the code of client.md', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'thrive-guide-'));
    mkdirSync(join(folder, 'node_modules/@thrivetech'), { recursive: true });
    symlinkSync(join(root, 'packages/client'), join(folder, 'node_modules/@thrivetech/sdk'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const run = async (name: string, code: string) => {
    writeFileSync(join(folder, `${name}.ts`), code);
    const { PATH } = process.env;
    const env = { PATH, HOME: folder, XDG_STATE_HOME: join(folder, 'state'), LOCALAPPDATA: folder };
    const node = ['--conditions=@thrivetech/source', '--no-warnings', `${name}.ts`];
    return (await execute(process.execPath, node, { cwd: folder, env })).stdout.trim().split('\n');
  };

  it('has the types it is written with', async () => {
    writeFileSync(
      join(folder, 'thrive-keys.json'),
      '{"keyset":"","root_keys":[{"kid":"","kty":"OKP","crv":"Ed25519","x":""}]}',
    );
    writeFileSync(join(folder, 'given.d.ts'), given);
    for (const [index, { code }] of blocks.entries())
      writeFileSync(join(folder, `block-${index}.ts`), `${code}\nexport {};`);
    const config = {
      extends: join(root, 'packages/tsconfig/base.json'),
      include: ['given.d.ts', 'block-*.ts'],
      compilerOptions: {
        customConditions: ['@thrivetech/source'],
        typeRoots: [join(root, 'node_modules/@types')],
        lib: ['es2024', 'dom'],
      },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
    const checked = await execute(process.execPath, [
      join(typescript, 'bin/tsc'),
      '--noEmit',
      '-p',
      folder,
    ]).catch((error: { stdout: string }) => error);
    expect(checked.stdout).toBe('');
    expect(blocks.length).toBeGreaterThanOrEqual(6);
  });

  it('licenses an app in twenty lines', async () => {
    const server = await startRealServer();
    try {
      const sold = await server.admin<{ key: string }>('POST', '/licenses', { product_id: server.productId });
      writeFileSync(join(folder, 'thrive-keys.json'), JSON.stringify({ root_keys: server.rootKeys }));
      const code = blockOf('quickstart')
        .replace('http://127.0.0.1:4000', server.baseUrl)
        .replace('tt_chan_…', server.channelKey)
        .replace('prd_…', server.productId)
        .replace('the key that your user typed', sold.key);
      expect(code.trim().split('\n').length).toBeLessThanOrEqual(25);
      const activated = ['the license is now unlicensed', 'the license is now active', 'Thank you!'];
      expect(await run('quickstart', code)).toEqual(activated);
      expect(await run('quickstart', code)).toEqual(['the license is now active']);
    } finally {
      await server.remove();
    }
  });

  it('tests an app with the emulator', async () => {
    expect(await run('emulator', blockOf('emulator'))).toEqual(['']);
  });
});

/** What the shorter pieces of code take for granted. */
const given = `
  declare const license: import('@thrivetech/sdk').ThriveLicense;
  declare const typedKey: string;
  declare const typedDeviceId: string;
  declare const baseUrl: string;
  declare const channelKey: string;
  declare const productId: string;
  declare const rootKeys: import('@thrivetech/sdk').RootKey[];
  declare const fingerprint: string;
  declare const readFile: typeof import('node:fs/promises').readFile;
  declare const writeFile: typeof import('node:fs/promises').writeFile;
  declare module 'electron' {
    export const safeStorage: {
      encryptStringAsync(plain: string): Promise<Buffer>;
      decryptStringAsync(sealed: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }>;
    };
  }`;
