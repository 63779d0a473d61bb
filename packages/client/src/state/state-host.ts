import type * as fs from 'node:fs';

/** The calls that the file store makes, each one or nothing of its own: a test can let any of them fail. */
export type StateFiles = Pick<
  typeof fs,
  | 'closeSync'
  | 'copyFileSync'
  | 'fstatSync'
  | 'fsyncSync'
  | 'linkSync'
  | 'mkdirSync'
  | 'openSync'
  | 'readFileSync'
  | 'readdirSync'
  | 'renameSync'
  | 'rmSync'
  | 'rmdirSync'
  | 'statSync'
  | 'writeFileSync'
>;

export interface ProcessIdentity {
  readonly pid: number;
  /** Differs between two processes that got the same number one after the other; null where nobody can tell. */
  readonly startedAt: string | null;
  /** Where the number means this process: machine, start of the machine and, in a container, the container. */
  readonly realm: string;
}

export interface ProcessStatus {
  readonly isRunning: boolean;
  readonly startedAt: string | null;
}

/** All that the file store needs of the machine. */
export interface StateHost {
  readonly files: StateFiles;
  /** As `process.platform`. */
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Empty where there is none. */
  readonly homeDirectory: string;
  identity(): ProcessIdentity;
  /** Of a process in this realm. */
  statusOf(pid: number): ProcessStatus;
  /** Of a clock that nobody sets. */
  monotonicMs(): number;
  delay(ms: number): Promise<void>;
  /** Blocks the thread. */
  pause(ms: number): void;
}

/** The system's word for what went wrong, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** On Windows a file that a virus scanner or another process has open just now cannot be renamed or opened. */
export function isOftenTransient(host: StateHost, error: unknown): boolean {
  return host.platform === 'win32' && ['EPERM', 'EACCES', 'EBUSY'].includes(codeOf(error) ?? '');
}
