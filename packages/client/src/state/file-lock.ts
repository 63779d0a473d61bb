import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describeHolder, FREE, isHolder, judgeHolder, newHolder } from './lock-holder.ts';
import { codeOf, isOftenTransient, type StateHost } from './state-host.ts';

/** Of whom nobody can tell whether it still runs: as long as this it may hold the lock without a sign of life. */
const UNKNOWN_HOLDER_MAX_MS = 2_000;
const POLL_MIN_MS = 1;
const POLL_MAX_MS = 40;
const RELEASE_TRIES = 25;
const RELEASE_DELAY_MS = 20;

export interface HeldLock {
  /** The holder before died or was given up: what it left half done lies around. */
  readonly tookOver: boolean;
  /** @throws {LockLost} when another process took it for dead. */
  assertHeld(): void;
  release(): Promise<void>;
}

/** Another process took the lock from this one, which stood still for so long that it seemed dead. */
export class LockLost extends Error {
  override readonly name = 'LockLost';
}

/**
 * Waits until this process holds the lock. The lock is a directory with one file in it, whose name says who holds
 * it. Every change of hands is a rename of that one name: it succeeds for one process and fails for all others,
 * because the old name is gone. So two that find the same dead holder never both take over, and one that slept
 * over its decision takes nothing from a holder it did not judge.
 *
 * A holder that provably runs is never robbed; a dead one is at once; one of whom nothing is known (see
 * {@link judgeHolder}) after two seconds, and notices at {@link HeldLock.assertHeld}. Not covered: such a one that
 * stands still between that check and its next step; and a thread terminated half-way, which keeps the lock until
 * its process ends.
 *
 * @throws {Error} when the lock was not to be had within `timeoutMs`, or the directory cannot be written.
 */
export async function acquireLock(path: string, timeoutMs: number, host: StateHost): Promise<HeldLock> {
  const mine = newHolder(host);
  const started = host.monotonicMs();
  let seen: Sighting = { names: null, holder: undefined, sinceMs: started };
  let lastError: unknown;
  for (let turn = 0; ; turn++) {
    const now = host.monotonicMs();
    try {
      seen = look(path, seen, now, host);
      // A network file system may do a rename and then report that it failed.
      if (seen.names?.includes(mine)) return heldLock(path, mine, false, host);
      const taken = tryTake(path, mine, seen, now - seen.sinceMs, host);
      if (taken !== null) return heldLock(path, mine, taken === 'taken over', host);
    } catch (error) {
      if (!isOftenTransient(host, error)) throw error;
      lastError = error;
    }
    if (now - started >= timeoutMs) throw lockTimeout(path, seen.holder, timeoutMs, lastError);
    await host.delay(pollDelayMs(turn));
  }
}

/** What a waiter last saw in the lock's directory; no names if there is none. */
interface Sighting {
  readonly names: readonly string[] | null;
  readonly holder: string | undefined;
  /** Since when it has been this holder, of {@link StateHost.monotonicMs}. */
  readonly sinceMs: number;
}

function look(path: string, before: Sighting, now: number, host: StateHost): Sighting {
  const names = listLock(path, host);
  const holder = names?.find(isHolder);
  return { names, holder, sinceMs: holder === before.holder ? before.sinceMs : now };
}

function tryTake(
  path: string,
  mine: string,
  { names, holder }: Sighting,
  heldForMs: number,
  host: StateHost,
): 'taken' | 'taken over' | null {
  if (names === null) return createLock(path, mine, host) ? 'taken' : null;
  if (names.includes(FREE)) return moveToken(path, FREE, mine, host) ? 'taken' : null;
  if (holder === undefined) {
    dropEmptyLock(path, host);
    return null;
  }
  const judgment = judgeHolder(holder, host);
  const isDead = judgment === 'gone' || (judgment === 'unknown' && heldForMs >= UNKNOWN_HOLDER_MAX_MS);
  return isDead && moveToken(path, holder, mine, host) ? 'taken over' : null;
}

/** Grows, so that a crowd of waiters does not starve the holder; random, so that they do not come as one. */
function pollDelayMs(turn: number): number {
  return POLL_MIN_MS + Math.random() * Math.min(POLL_MAX_MS, 2 ** Math.min(turn, 6));
}

function heldLock(path: string, mine: string, tookOver: boolean, host: StateHost): HeldLock {
  return {
    tookOver,
    assertHeld() {
      if (host.files.statSync(join(path, mine), { throwIfNoEntry: false }) === undefined) {
        throw new LockLost(`another process took over the lock ${path}`);
      }
    },
    async release() {
      for (let turn = 0; turn < RELEASE_TRIES; turn++) {
        try {
          moveToken(path, mine, FREE, host);
          return;
        } catch {
          await host.delay(RELEASE_DELAY_MS);
        }
      }
    },
  };
}

/** What is in the lock's directory; null if there is none. */
function listLock(path: string, host: StateHost): string[] | null {
  try {
    return host.files.readdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** Makes the lock with its holder in it, in one step: a directory is renamed onto nothing or onto an empty one. */
function createLock(path: string, mine: string, host: StateHost): boolean {
  const { files } = host;
  const draft = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    files.mkdirSync(draft, { mode: 0o700 });
    files.writeFileSync(join(draft, mine), '', { mode: 0o600 });
    files.renameSync(draft, path);
    return true;
  } catch (error) {
    files.rmSync(draft, { recursive: true, force: true });
    if (listLock(path, host) === null) throw error;
    return false;
  }
}

/** True for the one process that gave the token this name. */
function moveToken(path: string, from: string, to: string, host: StateHost): boolean {
  try {
    host.files.renameSync(join(path, from), join(path, to));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A lock whose token somebody deleted. A rename under way may also show none: then it is not empty, and stays. */
function dropEmptyLock(path: string, host: StateHost): void {
  try {
    host.files.rmdirSync(path);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(error) ?? '')) throw error;
  }
}

function lockTimeout(path: string, holder: string | undefined, timeoutMs: number, cause: unknown): Error {
  const who = holder === undefined ? 'another process' : describeHolder(holder);
  return new Error(`${who} has held the lock ${path} for more than ${timeoutMs} ms`, { cause });
}
