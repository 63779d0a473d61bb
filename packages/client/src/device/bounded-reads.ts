import type { SystemPort } from './system-port.ts';

/** Reads that always answer: null stands for missing, forbidden, failed and too slow alike. */
export interface BoundedReads {
  file(path: string): Promise<string | null>;
  /** Sorted; empty if there is no such directory. */
  names(path: string): Promise<readonly string[]>;
  link(path: string): Promise<string | null>;
  output(command: string, ...args: readonly string[]): Promise<string | null>;
  /** What the system says at once. */
  fact(read: () => string | undefined): string | null;
}

export interface ReadBounds {
  /** Of one read. */
  readonly eachMs: number;
  /** Of all of them, from now on. */
  readonly totalMs: number;
}

/** Whoever reads a directory of many thousand entries is not on a machine that was meant. */
const NAMES_MAX = 256;

export function boundedReads(system: SystemPort, { eachMs, totalMs }: ReadBounds): BoundedReads {
  const endsAtMs = system.monotonicMs() + totalMs;

  function bounded<Value>(work: (signal: AbortSignal) => Promise<Value>): Promise<Value | null> {
    return new Promise((resolve) => {
      const leftMs = endsAtMs - system.monotonicMs();
      if (leftMs <= 0) return resolve(null);
      const abort = new AbortController();
      const stopTimer = system.startTimer(Math.min(eachMs, leftMs), () => {
        resolve(null);
        abort.abort();
      });
      Promise.resolve(abort.signal)
        .then(work)
        .then(resolve, () => resolve(null))
        .finally(stopTimer);
    });
  }

  return {
    file: (path) => bounded(async () => decode(await system.readFile(path))),
    link: (path) => bounded(async () => String(await system.readLink(path))),
    output: (command, ...args) => bounded(async (signal) => decode(await system.run(command, args, signal))),
    fact(read) {
      try {
        return read() ?? null;
      } catch {
        return null;
      }
    },
    async names(path) {
      const names = await bounded(async () => [...(await system.readDirectory(path))].map(String));
      return (names ?? []).sort().slice(0, NAMES_MAX);
    },
  };
}

/** What is not UTF-8 shows as U+FFFD, which no value that identifies a machine may contain. */
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
