import { createHash, randomBytes } from 'node:crypto';
import type { StateHost } from './state-host.ts';

/** A lock nobody holds. */
export const FREE = 'free';
const HELD = /^held-(\d+)-(\d*)-([0-9a-f]{16})-[0-9a-f]{16}$/;

/** A name that no other holder has ever had, and that says which process to look for. */
export function newHolder(host: StateHost): string {
  const { pid, startedAt, realm } = host.identity();
  return `held-${pid}-${startedAt ?? ''}-${realmTag(realm)}-${randomBytes(8).toString('hex')}`;
}

export const isHolder = (name: string): boolean => name.startsWith('held-');

/** The process that holds the lock, for a message. */
export function describeHolder(name: string): string {
  const [, pid] = HELD.exec(name) ?? [];
  return pid === undefined ? name : `process ${pid}`;
}

/**
 * Whether the process behind a holder's name still runs. `unknown` where its number says nothing here (another
 * machine or container, before a restart), or where a number may have gone to another process meanwhile.
 */
export function judgeHolder(name: string, host: StateHost): 'running' | 'gone' | 'unknown' {
  const [, pid, startedAt, realm] = HELD.exec(name) ?? [];
  if (pid === undefined || realm !== realmTag(host.identity().realm)) return 'unknown';
  const status = host.statusOf(Number(pid));
  if (!status.isRunning) return 'gone';
  if (!startedAt || status.startedAt === null) return 'unknown';
  return status.startedAt === startedAt ? 'running' : 'gone';
}

/** No host name in a file name. */
function realmTag(realm: string): string {
  return createHash('sha256').update(realm).digest('hex').slice(0, 16);
}
