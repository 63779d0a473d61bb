import { execFile } from 'node:child_process';
import { open, readdir, readlink } from 'node:fs/promises';
import { cpus, hostname, release, version } from 'node:os';
import type { SystemPort } from './system-port.ts';

const BYTES_MAX = 1024 * 1024;
const CHUNK_BYTES = 16 * 1024;

/** The machine that this process runs on. */
export const nodeSystem: SystemPort = {
  platform: process.platform,
  arch: process.arch,
  env: process.env,
  hostname,
  release,
  version,
  cpuModels: () => cpus().map(({ model }) => model),
  readFile,
  readDirectory: (path) => readdir(path),
  readLink: (path) => readlink(path),
  run,
  monotonicMs: () => performance.now(),
  startTimer(delayMs, onEnd) {
    const timer = setTimeout(onEnd, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Does not ask for the size first: files of the kernel say 0. */
async function readFile(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const chunks: Uint8Array[] = [];
    for (let length = 0; length <= BYTES_MAX; ) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES));
      if (bytesRead === 0) return Buffer.concat(chunks);
      chunks.push(buffer.subarray(0, bytesRead));
      length += bytesRead;
    }
    throw new RangeError(`${path} has more than ${BYTES_MAX} bytes`);
  } finally {
    await file.close();
  }
}

function run(command: string, args: readonly string[], signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: BYTES_MAX, windowsHide: true } as const;
    const child = execFile(command, args, options, (error, output) =>
      error ? reject(error) : resolve(output),
    );
    // Not execFile's own `signal`: that only asks the process to end.
    signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    // Some tools read what is piped to them before they do anything.
    child.stdin?.end();
  });
}
