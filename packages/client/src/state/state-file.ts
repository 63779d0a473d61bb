import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf, isOftenTransient, type StateHost } from './state-host.ts';
import type { AcceptText, StoredText } from './state-store.ts';

/** More than any license needs; a larger file is none of ours. */
export const TEXT_BYTES_MAX = 1024 * 1024;
const READ_TRIES = 10;
const READ_PAUSE_MS = 2;
const RENAME_TRIES = 60;
const RENAME_DELAY_MS = 25;
// What a file system answers that has no such call.
const UNSUPPORTED = ['EINVAL', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'];
const NO_LINKS = [...UNSUPPORTED, 'EPERM', 'EMLINK', 'EACCES'];

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Where a text was found: the one before is what a crash or an edit of the newest leaves. */
interface FoundText {
  readonly stored: StoredText;
  readonly isNewest: boolean;
}

const backupOf = (path: string): string => `${path}.bak`;

/** The newest acceptable text. Never throws. */
export function readNewest(path: string, accept: AcceptText, host: StateHost): FoundText {
  const newest = readText(path, host);
  if (isAccepted(newest, accept)) return { stored: newest, isNewest: true };
  const before = readText(backupOf(path), host);
  if (isAccepted(before, accept)) return { stored: before, isNewest: false };
  const isNothing = newest.kind === 'none' && before.kind === 'none';
  return { stored: isNothing ? newest : { kind: 'damaged' }, isNewest: false };
}

/** Changes with every write. Two stats, no more: an app asks with every check of its license. */
export function markOf(path: string, host: StateHost): string {
  return [path, backupOf(path)].map((each) => statMark(each, host)).join(' ');
}

/**
 * Puts `text` in the place of what is stored, which becomes the backup if `keepsNewest`. Whoever is killed on the
 * way leaves the one or the other, whole: the text is on the disk before it gets the name.
 *
 * @param beforeCommit runs right before the step that counts, and stops it by throwing.
 */
export async function replaceText(
  path: string,
  text: string,
  options: { readonly keepsNewest: boolean; readonly beforeCommit: () => void },
  host: StateHost,
): Promise<void> {
  const { files } = host;
  const draft = temporaryName(path);
  try {
    writeDurably(draft, text, host);
    if (options.keepsNewest) await keepAsBackup(path, host);
    await renameOver(draft, path, host, options.beforeCommit);
  } catch (error) {
    files.rmSync(draft, { force: true });
    throw error;
  }
  flushDirectory(dirname(path), host);
}

/** The backup first: killed in between, the newest is still there, and never an older one in its place. */
export function removeTexts(path: string, host: StateHost): void {
  for (const each of [backupOf(path), path]) host.files.rmSync(each, { force: true });
  flushDirectory(dirname(path), host);
}

/** What a holder left that died half-way. To be called with the lock held: nobody else writes here then. */
export function sweepDrafts(path: string, host: StateHost): void {
  const folder = dirname(path);
  for (const name of host.files.readdirSync(folder)) {
    if (name.startsWith(`${basename(path)}.`) && name.endsWith('.tmp')) {
      host.files.rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

function readText(path: string, host: StateHost): StoredText {
  for (let turn = 1; ; turn++) {
    try {
      return readOnce(path, host);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '')) return { kind: 'none' };
      if (turn === READ_TRIES || !isOftenTransient(host, error)) return { kind: 'damaged' };
      host.pause(READ_PAUSE_MS);
    }
  }
}

function readOnce(path: string, host: StateHost): StoredText {
  const { files } = host;
  // A pipe in the file's place would otherwise let the app wait for ever.
  const file = files.openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const { size } = files.fstatSync(file);
    if (size === 0 || size > TEXT_BYTES_MAX) return { kind: 'damaged' };
    return { kind: 'text', text: utf8.decode(files.readFileSync(file)) };
  } finally {
    files.closeSync(file);
  }
}

function isAccepted(stored: StoredText, accept: AcceptText): boolean {
  try {
    return stored.kind === 'text' && accept(stored.text);
  } catch {
    return false;
  }
}

function statMark(path: string, host: StateHost): string {
  try {
    const stat = host.files.statSync(path, { bigint: true, throwIfNoEntry: false });
    return stat ? `${stat.ino}-${stat.size}-${stat.mtimeNs}-${stat.ctimeNs}` : 'none';
  } catch (error) {
    return codeOf(error) ?? 'unreadable';
  }
}

function writeDurably(path: string, text: string, host: StateHost): void {
  const { files } = host;
  const file = files.openSync(path, 'wx', 0o600);
  try {
    files.writeFileSync(file, text);
    flush(file, host);
  } finally {
    files.closeSync(file);
  }
}

/** The newest under a second name. It keeps its own until the new text takes it: there is no moment without one. */
async function keepAsBackup(path: string, host: StateHost): Promise<void> {
  const { files } = host;
  const draft = temporaryName(path);
  try {
    try {
      files.linkSync(path, draft);
    } catch (error) {
      if (!NO_LINKS.includes(codeOf(error) ?? '')) throw error;
      files.copyFileSync(path, draft, constants.COPYFILE_EXCL);
    }
    await renameOver(draft, backupOf(path), host);
  } finally {
    // rename(2) does nothing between two names of one file, as after a crash between backup and new text.
    files.rmSync(draft, { force: true });
  }
}

async function renameOver(from: string, to: string, host: StateHost, beforeTry?: () => void): Promise<void> {
  for (let turn = 1; ; turn++) {
    beforeTry?.();
    try {
      host.files.renameSync(from, to);
      return;
    } catch (error) {
      if (turn === RENAME_TRIES || !isOftenTransient(host, error)) throw error;
      await host.delay(RENAME_DELAY_MS);
    }
  }
}

function flushDirectory(path: string, host: StateHost): void {
  // Windows opens no directories, and its file system keeps a journal of names.
  if (host.platform === 'win32') return;
  const { files } = host;
  const directory = files.openSync(path, 'r');
  try {
    flush(directory, host);
  } finally {
    files.closeSync(directory);
  }
}

function flush(file: number, host: StateHost): void {
  try {
    host.files.fsyncSync(file);
  } catch (error) {
    if (!UNSUPPORTED.includes(codeOf(error) ?? '')) throw error;
  }
}

function temporaryName(path: string): string {
  return `${path}.${randomBytes(8).toString('hex')}.tmp`;
}
