/** All that is asked of the machine. Any of it may fail, hang or answer with anything; see {@link boundedReads}. */
export interface SystemPort {
  /** As `process.platform`. */
  readonly platform: string;
  /** As `process.arch`. */
  readonly arch: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  hostname(): string;
  /** Number of the kernel, such as `10.0.22631`. */
  release(): string;
  /** Name of the system, such as `Windows 11 Pro`. */
  version(): string;
  cpuModels(): readonly string[];
  /** Rejects for a file of more than a megabyte: half a file says nothing. */
  readFile(path: string): Promise<Uint8Array>;
  readDirectory(path: string): Promise<readonly string[]>;
  readLink(path: string): Promise<string>;
  /** What the command prints, if it ends well. Without a shell; dies with `signal`. */
  run(command: string, args: readonly string[], signal: AbortSignal): Promise<Uint8Array>;
  /** Milliseconds of a clock that nobody sets. */
  monotonicMs(): number;
  /** Gives what stops it. */
  startTimer(delayMs: number, onEnd: () => void): () => void;
}
