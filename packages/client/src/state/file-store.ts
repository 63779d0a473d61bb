import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { acquireLock, LockLost } from './file-lock.ts';
import { nodeHost } from './node-host.ts';
import { stateDirectory } from './state-directory.ts';
import { markOf, readNewest, removeTexts, replaceText, sweepDrafts, TEXT_BYTES_MAX } from './state-file.ts';
import type { StateHost } from './state-host.ts';
import type { AcceptText, StateStore, StoredText } from './state-store.ts';

const LOCK_TIMEOUT_MS = 10_000;
const TRIES = 3;
const PLAIN_NAME = /^[A-Za-z0-9_-]{1,64}$/;
const RESERVED_BY_WINDOWS = /^(con|prn|aux|nul|com\d|lpt\d)$/i;

export interface FileStoreOptions {
  /** Two products on one machine do not share a license. */
  readonly productId: string;
  /** By default the user's own: `$XDG_STATE_HOME`, `~/Library/Application Support` or `%LOCALAPPDATA%`. */
  readonly directory?: string | undefined;
  /** How long an update waits for another process to finish its own. */
  readonly lockTimeoutMs?: number | undefined;
}

const acceptAny: AcceptText = () => true;

/**
 * Keeps the text in a file that only its owner can read, the text before it beside that (`.bak`), and a lock
 * between processes (`.lock`, see {@link acquireLock}). Touches the disk only when it is asked to.
 */
export function createFileStore(options: FileStoreOptions): StateStore {
  return openFileStore(options, nodeHost);
}

/** {@link createFileStore} on a machine that is handed in. */
export function openFileStore(options: FileStoreOptions, host: StateHost): StateStore {
  const { productId, lockTimeoutMs = LOCK_TIMEOUT_MS } = options;
  const directory = options.directory ?? stateDirectory(host);
  if (directory === null) return homelessStore;
  // Here and now: an app that changes its working directory later keeps its license.
  const path = resolve(directory, `license-${fileNameOf(productId)}.json`);
  let last: Promise<unknown> = Promise.resolve();

  async function updateLocked(
    change: (current: StoredText) => string | null,
    accept: AcceptText,
  ): Promise<void> {
    host.files.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lock = await acquireLock(`${path}.lock`, lockTimeoutMs, host);
    try {
      if (lock.tookOver) sweepDrafts(path, host);
      const { stored, isNewest } = readNewest(path, accept, host);
      const text = checkText(runChange(change, stored));
      lock.assertHeld();
      if (text === null) removeTexts(path, host);
      else await replaceText(path, text, { keepsNewest: isNewest, beforeCommit: lock.assertHeld }, host);
    } finally {
      await lock.release();
    }
  }

  return {
    read: (accept = acceptAny) => readNewest(path, accept, host).stored,
    mark: () => markOf(path, host),
    update(change, accept = acceptAny) {
      // One after the other within this process: the lock's queue is for the others.
      const mine = last.then(() => retryWhenRobbed(() => updateLocked(change, accept), path));
      last = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** An app must start also where nothing can be kept. */
const homelessStore: StateStore = {
  read: () => ({ kind: 'none' }),
  mark: () => 'none',
  async update() {
    throw new Error('cannot store the license: this user has no home directory; name a `directory`');
  },
};

/** What the app's own code throws. It passes through: it says nothing about the disk. */
class ChangeFailed extends Error {
  override readonly name = 'ChangeFailed';
}

function runChange(change: (current: StoredText) => string | null, stored: StoredText): string | null {
  try {
    return change(stored);
  } catch (error) {
    throw new ChangeFailed('the change failed', { cause: error });
  }
}

async function retryWhenRobbed(update: () => Promise<void>, path: string): Promise<void> {
  for (let turn = 1; ; turn++) {
    try {
      return await update();
    } catch (error) {
      if (error instanceof ChangeFailed) throw error.cause;
      if (turn < TRIES && error instanceof LockLost) continue;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`cannot store the license in ${path}: ${reason}`, { cause: error });
    }
  }
}

/** Only what comes back as it was given: an empty file is what a crash leaves. */
function checkText(text: string | null): string | null {
  if (text === null) return null;
  const bytes = Buffer.from(text);
  if (text === '' || bytes.toString() !== text) {
    throw new TypeError('only text that is not empty can be stored');
  }
  if (bytes.length > TEXT_BYTES_MAX) throw new RangeError(`more than ${TEXT_BYTES_MAX} bytes are not stored`);
  return text;
}

/** An id as the server makes them stands for itself; anything else, and names that Windows reserves, as a hash. */
function fileNameOf(productId: string): string {
  if (PLAIN_NAME.test(productId) && !RESERVED_BY_WINDOWS.test(productId)) return productId;
  return createHash('sha256').update(productId).digest('hex').slice(0, 32);
}
