import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryStore, ThriveLicense } from '../../src/index.ts';
import { createTestMachine } from '../../src/testing/index.ts';
import { type RealServer, startRealServer } from '../support/server-process.ts';

const root = join(import.meta.dirname, '../../../..');
const source = join(root, 'apps/example/jotter.ts');

let server: RealServer;
let home: string;
beforeAll(async () => {
  server = await startRealServer();
});
afterAll(() => server.remove());
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'jotter-'));
  writeFileSync(join(home, 'thrive-keys.json'), JSON.stringify({ root_keys: server.rootKeys }));
  return () => rmSync(home, { recursive: true, force: true });
});

/** Runs the example as its user does, with the client package from its source. */
const jotter = (...args: string[]) => jotterIn(0, ...args);

/** The same so many days from now. */
async function jotterIn(
  days: number,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const clock = `data:text/javascript,const now=Date.now;Date.now=()=>now()+${days * 86_400_000}`;
  const node = ['--conditions=@thrivetech/source', '--import', clock];
  const child = spawn(process.execPath, [...node, source, ...args], {
    env: {
      PATH: process.env['PATH'],
      THRIVE_URL: server.baseUrl,
      THRIVE_CHANNEL_KEY: server.channelKey,
      THRIVE_PRODUCT_ID: server.productId,
      THRIVE_KEYS_FILE: join(home, 'thrive-keys.json'),
      JOTTER_HOME: home,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    err += data;
  });
  const [code] = await once(child, 'close');
  return { code, out: out.trim(), err: err.trim() };
}
const sell = (deviceLimit: number) =>
  server.admin<{ id: string; key: string }>('POST', '/licenses', {
    product_id: server.productId,
    device_limit: deviceLimit,
  });
const done = (out: string | RegExp) => ({ code: 0, out: expect.stringMatching(out), err: '' });
const refused = (err: string | RegExp) => ({ code: 1, out: '', err: expect.stringMatching(err) });

describe('Jotter, the example', () => {
  it('is one file of less than 150 lines', () => {
    expect(readFileSync(source, 'utf8').trimEnd().split('\n').length).toBeLessThan(150);
  });

  it('writes with a license, also when the server is gone, and not without', async () => {
    const { key } = await sell(1);
    expect(await jotter('write', 'too', 'early')).toEqual(refused(/^There is no license here/));
    expect(await jotter('activate', key)).toEqual(done(/^Licensed \(••••-\w{4}\). Device id: dev_/));
    await server.stop();
    expect(await jotter('write', 'buy', 'milk')).toEqual(done('Noted.'));
    expect(await jotter('status')).toEqual(done(/^Licensed/));
    expect(await jotter('deactivate')).toEqual(refused(/NETWORK_ERROR/));
    await server.comeBack(Date.now());

    expect(await jotter('deactivate')).toEqual(done(/^There is no license here/));
    expect(await jotter('write', 'too', 'late')).toEqual(refused(/^There is no license here/));
    expect(await jotter('list')).toEqual(done(/^buy milk$/));
  });

  it('writes on in grace with a warning, and no longer after it', async () => {
    const { key } = await sell(1);
    await jotter('activate', key);
    await server.stop();
    expect(await jotterIn(13, 'write', 'offline')).toEqual(done('Noted.'));
    const warned = {
      code: 0,
      out: 'Noted.',
      err: expect.stringMatching(/Go online before \d{4}-\d\d-\d\d\.$/),
    };
    expect(await jotterIn(16, 'write', 'in grace')).toEqual(warned);
    expect(await jotterIn(22, 'write', 'after it')).toEqual(
      refused(/^Jotter has not reached its server for too long/),
    );
    await server.comeBack(Date.now());
    expect(await jotter('list')).toEqual(done(/^offline\nin grace$/));
  });

  it('offers to move a seat when all are taken, and moves it', async () => {
    const { key } = await sell(1);
    const { baseUrl, channelKey, productId, rootKeys } = server;
    const connection = { baseUrl, channelKey, productId, rootKeys };
    const other = new ThriveLicense({
      ...connection,
      storage: createMemoryStore(),
      device: createTestMachine(),
    });
    await other.activate(key);

    expect(await jotter('activate', key)).toEqual(refused(/^All seats of this license are taken/));
    expect(await jotter('status')).toEqual(done(/--replace <device id>$/));
    expect(await jotter('activate', key, '--replace', String(other.check().deviceId))).toEqual(
      done(/^Licensed/),
    );
    expect(await other.validate()).toMatchObject({ code: 'DEVICE_NOT_ACTIVATED', isProven: true });
    await jotter('deactivate');
  });

  it('starts a trial, and finds it again', async () => {
    const trial = done(/^Your trial runs until \d{4}-\d\d-\d\d\.$/);
    expect(await jotter('trial')).toEqual(trial);
    expect(await jotter('trial')).toEqual(trial);
    expect(await jotter('write', 'for', 'free')).toEqual(done('Noted.'));
  });

  it('says in a line what is wrong: a typing error, a missing key, an unknown command', async () => {
    expect(await jotter('activate', 'nonsense')).toEqual(refused(/INVALID_LICENSE_KEY/));
    expect(await jotter('dance')).toEqual(refused(/^There is no command "dance"\.$/));
    expect(await jotter()).toEqual(done(/^Jotter keeps your notes/));
    rmSync(join(home, 'thrive-keys.json'));
    expect(await jotter('status')).toEqual(refused(/thrive-keys\.json/));
    expect(existsSync(join(home, 'notes.txt'))).toBe(false);
  });
});
