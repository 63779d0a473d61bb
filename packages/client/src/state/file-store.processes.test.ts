import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createFileStore } from './file-store.ts';
import { startProcess, temporaryFolder } from './state.fixtures.ts';
import type { StoredText } from './state-store.ts';

const INCREMENT = `
  const increment = (current) => String(current.kind === 'text' ? Number(current.text) + 1 : 1);
  for (let turn = 0; turn < 200; turn++) await store.update(increment);`;

// Long, so that many a kill hits the middle of a write.
const versionText = (version: number) => `${version} `.repeat(20_000).trim();
const COUNT_FOREVER = `
  const versionText = ${versionText};
  const next = (current) => versionText(current.kind === 'text' ? parseInt(current.text) + 1 : 1);
  for (;;) {
    await store.update(next);
    say('stored');
  }`;

const STEADY_TURNS = 150;
const INCREMENT_LONG = COUNT_FOREVER.replace(
  'for (;;)',
  `for (let turn = 0; turn < ${STEADY_TURNS}; turn++)`,
);

/** Runs a process that counts, kills it some time after it began to, and gives how often it said that it had stored. */
async function killWhileCounting(folder: string, delayMs: number): Promise<number> {
  const { child, ended, lines } = startProcess(folder, COUNT_FOREVER);
  let confirmed = 0;
  lines.on('line', () => {
    confirmed += 1;
    if (confirmed === 1) setTimeout(() => child.kill('SIGKILL'), delayMs);
  });
  await ended;
  return confirmed;
}

function readVersion(folder: string): number {
  const stored = createFileStore({ productId: 'prd_1', directory: folder }).read();
  const text = stored.kind === 'text' ? stored.text : stored.kind;
  const version = Number.parseInt(text, 10);
  expect(text).toBe(versionText(version));
  return version;
}

describe('processes that share a store', () => {
  test.each([2, 4])('%i processes lose none of 200 increments each', { timeout: 120_000 }, async (count) => {
    const folder = temporaryFolder();
    const exits = Array.from({ length: count }, () => startProcess(folder, INCREMENT).ended);
    expect(await Promise.all(exits)).toEqual(Array.from({ length: count }, () => 0));
    const { read } = createFileStore({ productId: 'prd_1', directory: folder });
    expect(read()).toEqual({ kind: 'text', text: String(count * 200) });
  });

  test('kill -9 in the middle of writing, 100 times: the text is whole, and no confirmed one is lost', {
    timeout: 240_000,
  }, async () => {
    let heldLocks = 0;
    const killOften = async (folder: string) => {
      let version = 0;
      for (let kill = 0; kill < 50; kill++) {
        const confirmed = await killWhileCounting(folder, kill % 25);
        const next = readVersion(folder);
        expect(next - version - confirmed).toBeOneOf([0, 1]);
        version = next;
        const [token = ''] = readdirSync(join(folder, 'license-prd_1.json.lock'));
        if (token !== 'free') heldLocks += 1;
      }
    };
    await Promise.all([killOften(temporaryFolder()), killOften(temporaryFolder())]);
    // Else no kill came while something was going on, and nothing was proven.
    expect(heldLocks).toBeGreaterThan(10);
  });

  test('processes that are killed while others count cost the others nothing', {
    timeout: 120_000,
  }, async () => {
    const folder = temporaryFolder();
    const steady = [INCREMENT_LONG, INCREMENT_LONG].map((script) => startProcess(folder, script).ended);
    const confirmed: number[] = [];
    for (let kill = 0; kill < 15; kill++) confirmed.push(await killWhileCounting(folder, kill));
    expect(await Promise.all(steady)).toEqual([0, 0]);
    const counted = confirmed.reduce((sum, each) => sum + each, 2 * STEADY_TURNS);
    // A killed process may have stored once more without having said so.
    const unconfirmed = readVersion(folder) - counted;
    expect(unconfirmed).toBeGreaterThanOrEqual(0);
    expect(unconfirmed).toBeLessThanOrEqual(confirmed.length);
  });

  test('the lock of a killed process is taken over at once, and what it left half done is swept', {
    timeout: 60_000,
  }, async () => {
    const folder = temporaryFolder();
    const DIE_INSIDE = `
      import { writeFileSync } from 'node:fs';
      await store.update(() => 'one');
      await store.update(() => {
        writeFileSync(${JSON.stringify(join(folder, 'license-prd_1.json.0123.tmp'))}, 'half');
        process.kill(process.pid, 'SIGKILL');
      });`;
    const { ended } = startProcess(folder, DIE_INSIDE);
    await ended;
    const started = performance.now();
    const waiters = Array.from({ length: 4 }, () =>
      createFileStore({ productId: 'prd_1', directory: folder }),
    );
    const more = (current: StoredText) => (current.kind === 'text' ? `${current.text} more` : current.kind);
    await Promise.all(waiters.map((store) => store.update(more)));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(readFileSync(join(folder, 'license-prd_1.json'), 'utf8')).toBe('one more more more more');
    expect(readdirSync(folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('a stopped process keeps its lock: waiting ends with an error that names it', {
    timeout: 60_000,
  }, async () => {
    const folder = temporaryFolder();
    const STOP_INSIDE = `
      await store.update(() => {
        say('inside');
        process.kill(process.pid, 'SIGSTOP');
        return 'from the stopped one';
      });
      say('stored');`;
    const { child, lines, ended } = startProcess(folder, STOP_INSIDE);
    await new Promise((resolve) => lines.once('line', resolve));
    const store = createFileStore({ productId: 'prd_1', directory: folder, lockTimeoutMs: 50 });
    await expect(store.update(() => 'mine')).rejects.toThrow(`process ${child.pid} has held the lock`);
    child.kill('SIGCONT');
    expect(await ended).toBe(0);
    expect(store.read()).toEqual({ kind: 'text', text: 'from the stopped one' });
    await store.update(() => 'mine');
    expect(store.read()).toEqual({ kind: 'text', text: 'mine' });
  });
});
