import * as fs from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { acquireLock, LockLost } from './file-lock.ts';
import { nodeHost, statusFromProc } from './node-host.ts';
import { temporaryFolder } from './state.fixtures.ts';
import type { ProcessIdentity, ProcessStatus, StateHost } from './state-host.ts';

/** Processes of one made-up machine, or of several that share a disk. The clock moves only while somebody waits. */
function world() {
  const path = join(temporaryFolder(), 'lock');
  const running = new Map<number, string | null>();
  let nowMs = 0;
  const hostOf = (identity: ProcessIdentity): StateHost => ({
    ...nodeHost,
    files: fs,
    identity: () => identity,
    statusOf: (pid): ProcessStatus => ({ isRunning: running.has(pid), startedAt: running.get(pid) ?? null }),
    monotonicMs: () => nowMs,
    async delay(ms) {
      nowMs += ms;
    },
  });
  function start(pid: number, startedAt: string | null = '100', realm = 'here') {
    if (realm === 'here') running.set(pid, startedAt);
    const host = hostOf({ pid, startedAt, realm });
    return {
      acquire: (timeoutMs = 10_000) => acquireLock(path, timeoutMs, host),
      die: () => running.delete(pid),
    };
  }
  return { path, start, now: () => nowMs, names: () => fs.readdirSync(path) };
}

describe('the lock', () => {
  test('is free again after its release, for the same process and for others', async () => {
    const { start, names, now } = world();
    const [one, two] = [start(1), start(2)];
    for (const each of [one, two, one, one]) {
      const lock = await each.acquire();
      expect(lock.tookOver).toBe(false);
      expect(names()).toEqual([expect.stringMatching(/^held-/)]);
      await lock.release();
      expect(names()).toEqual(['free']);
    }
    expect(now()).toBe(0);
  });

  test('goes from a dead holder to exactly one of many waiters, at once', async () => {
    const { start, now } = world();
    const dead = start(1);
    await dead.acquire();
    dead.die();
    const waiters = Array.from({ length: 20 }, (_, index) => start(10 + index).acquire(200));
    const results = await Promise.allSettled(waiters);
    const won = results.filter((each) => each.status === 'fulfilled');
    expect(won).toHaveLength(1);
    expect(won[0]?.value.tookOver).toBe(true);
    expect(now()).toBeGreaterThan(200);
  });

  test('a waiter that judged a holder dead takes nothing from whoever took over meanwhile', async () => {
    const { path, start, names } = world();
    const dead = start(1);
    await dead.acquire();
    dead.die();
    const seenBefore = names();
    const first = await start(2).acquire();
    // Decides by what it saw before the first one took the lock.
    const late: StateHost = {
      ...nodeHost,
      identity: () => ({ pid: 3, startedAt: '100', realm: 'here' }),
      statusOf: (pid) => ({ isRunning: pid !== 1, startedAt: '100' }),
      files: { ...fs, readdirSync: (() => seenBefore) as unknown as typeof fs.readdirSync },
      delay: () => Promise.reject(new Error('waits')),
    };
    await expect(acquireLock(path, 1_000, late)).rejects.toThrow('waits');
    first.assertHeld();
    expect(names()).toHaveLength(1);
  });

  test('is never taken from a holder that runs; waiting ends with an error that names it', async () => {
    const { path, start, now } = world();
    await start(77).acquire();
    const waiting = start(2).acquire(60_000);
    await expect(waiting).rejects.toThrow(`process 77 has held the lock ${path} for more than 60000 ms`);
    expect(now()).toBeGreaterThan(60_000);
  });

  test('a process that got the number of a dead holder does not keep the lock', async () => {
    const { start, now } = world();
    const dead = start(1, '100');
    await dead.acquire();
    dead.die();
    start(1, '200');
    expect(await start(2).acquire()).toMatchObject({ tookOver: true });
    expect(now()).toBe(0);
  });

  test.each([
    ['of another machine, of a container or from before a restart', '100', 'elsewhere'],
    ['of which the system does not say when it started', null, 'here'],
  ])(
    'a holder %s is given up after two seconds, not before, and notices',
    async (_name, startedAt, realm) => {
      const { start, now } = world();
      const lost = await start(1, startedAt, realm).acquire();
      lost.assertHeld();
      await expect(start(2, startedAt).acquire(1_900)).rejects.toThrow('process 1 has held');
      lost.assertHeld();
      const waitedFrom = now();
      const taken = await start(3, startedAt).acquire();
      expect(taken.tookOver).toBe(true);
      expect(now() - waitedFrom).toBeGreaterThanOrEqual(2_000);
      expect(now() - waitedFrom).toBeLessThan(2_100);
      expect(() => lost.assertHeld()).toThrow(LockLost);
      await lost.release();
      taken.assertHeld();
    },
  );

  test('holders of which nothing is known, each brief, are never given up', async () => {
    const { start, now, names } = world();
    const elsewhere = start(1, '100', 'elsewhere');
    let brief = await elsewhere.acquire();
    const host = start(2);
    for (let turn = 0; turn < 5; turn++) {
      await expect(host.acquire(1_500)).rejects.toThrow('process 1 has held');
      await brief.release();
      brief = await elsewhere.acquire();
    }
    expect(now()).toBeGreaterThan(5 * 1_500);
    brief.assertHeld();
    expect(names()).toHaveLength(1);
  });

  test('a lock whose token somebody deleted is made anew', async () => {
    const { path, start, names } = world();
    await (await start(1).acquire()).release();
    fs.rmSync(join(path, 'free'));
    const lock = await start(2).acquire();
    lock.assertHeld();
    expect(names()).toHaveLength(1);
  });

  test('many that make the lock at once make one', async () => {
    const { start, names } = world();
    const all = Array.from({ length: 20 }, (_, index) => start(index + 1));
    let inside = 0;
    await Promise.all(
      all.map(async (each) => {
        const lock = await each.acquire();
        inside += 1;
        expect(inside).toBe(1);
        await Promise.resolve();
        inside -= 1;
        await lock.release();
      }),
    );
    expect(names()).toEqual(['free']);
  });
});

describe('what /proc says of a process', () => {
  const stat = (state: string) =>
    `4242 (a (strange) name) ${state} 1 4242 4242 0 -1 4194560 ${'0 '.repeat(12)}987654 228327424 1790 18446744073709551615`;

  test('is its start, whatever its name', () => {
    expect(statusFromProc(stat('S'))).toEqual({ isRunning: true, startedAt: '987654' });
  });

  test.each(['Z', 'X'])('is that it is dead in state %s, though its number is still taken', (state) => {
    expect(statusFromProc(stat(state)).isRunning).toBe(false);
  });

  test.each(['', '4242', '4242 (name', 'no such thing'])('is nothing in %j', (text) => {
    expect(statusFromProc(text)).toEqual({ isRunning: true, startedAt: null });
  });

  test('of this process and of one that is not there', () => {
    const { pid, startedAt } = nodeHost.identity();
    expect(pid).toBe(process.pid);
    expect(nodeHost.statusOf(pid)).toEqual({ isRunning: true, startedAt });
    expect(nodeHost.statusOf(2 ** 30).isRunning).toBe(false);
  });
});
