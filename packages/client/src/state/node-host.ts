import * as fs from 'node:fs';
import { homedir, hostname } from 'node:os';
import type { ProcessIdentity, ProcessStatus, StateHost } from './state-host.ts';

const PAUSE_CELL = new Int32Array(new SharedArrayBuffer(4));

/** The machine that this process runs on. */
export const nodeHost: StateHost = {
  files: fs,
  platform: process.platform,
  env: process.env,
  homeDirectory: attempt(homedir) ?? '',
  identity: once(identifyProcess),
  statusOf,
  monotonicMs: () => performance.now(),
  delay: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  pause: (ms) => void Atomics.wait(PAUSE_CELL, 0, 0, ms),
};

function identifyProcess(): ProcessIdentity {
  // A container has process numbers of its own, and after a restart of the machine they begin anew.
  const parts = [
    attempt(hostname),
    attempt(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    attempt(() => fs.readlinkSync('/proc/self/ns/pid')),
  ];
  const status = statusOf(process.pid);
  return { pid: process.pid, startedAt: status.startedAt, realm: parts.join('\n') };
}

function statusOf(pid: number): ProcessStatus {
  const stat = attempt(() => fs.readFileSync(`/proc/${pid}/stat`, 'latin1'));
  if (stat !== undefined) return statusFromProc(stat);
  try {
    process.kill(pid, 0);
    return { isRunning: true, startedAt: null };
  } catch (error) {
    // EPERM: it runs as somebody else.
    return { isRunning: (error as NodeJS.ErrnoException).code !== 'ESRCH', startedAt: null };
  }
}

/** From `/proc/<pid>/stat` (proc(5)): the state is field 3, the start in ticks since boot is field 22. */
export function statusFromProc(stat: string): ProcessStatus {
  // Field 2 is the name in parentheses, and a name may contain anything, parentheses included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isZombie = fields[0] === 'Z' || fields[0] === 'X';
  return { isRunning: !isZombie, startedAt: fields[19] ?? null };
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
