import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const compileCache = join(import.meta.dirname, '../../../node_modules/.cache/thrive');
const autocannon = createRequire(import.meta.url).resolve('autocannon/autocannon.js');

export interface Started<Line> {
  readonly line: Line;
  /** The most memory it ever held, in MB; null where the system does not tell. */
  memoryMbMax(): number | null;
  /** What it holds now: memory in MB, and open files, sockets and pipes. Null where the system does not tell. */
  holds(): { memoryMb: number; handles: number } | null;
  end(): Promise<void>;
}

/** Starts a script that says in one line of JSON where it listens. */
export async function startScript<Line>(
  script: string,
  args: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<Started<Line>> {
  const child: ChildProcess = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    // The compile cache is where `npm start` has it.
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', NODE_COMPILE_CACHE: compileCache, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const first = await Promise.race([once(lines, 'line'), gone.then(() => null)]);
  if (!first) throw new Error(`${script} ended before it listened.`);
  return {
    line: JSON.parse(String(first[0])) as Line,
    memoryMbMax: () => {
      try {
        const [, kb] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        return kb === undefined ? null : Math.round(Number(kb) / 1024);
      } catch {
        return null;
      }
    },
    holds: () => {
      try {
        const [, kb = '0'] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
        return {
          memoryMb: Math.round(Number(kb) / 1024),
          handles: readdirSync(`/proc/${child.pid}/fd`).length,
        };
      } catch {
        return null;
      }
    },
    end: async () => {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** What a load met. Latencies in milliseconds. */
export interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly refused: number;
}

/** Loads an address from a process of its own. `[<id>]` in the body becomes a new value each time. */
export async function load(
  url: string,
  options: { seconds: number; connections: number; key?: string; body?: unknown; rate?: number },
): Promise<Load> {
  const { seconds, connections, key, body, rate } = options;
  const args = [autocannon, '--json', '--no-progress', '-c', `${connections}`, '-d', `${seconds}`];
  if (rate !== undefined) args.push('-R', `${rate}`);
  if (key) args.push('-H', `authorization=Bearer ${key}`);
  if (body) args.push('-m', 'POST', '-H', 'content-type=application/json', '-I', '-b', JSON.stringify(body));
  const child = spawn(process.execPath, [...args, url], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`The load on ${url} failed with ${code}.`);
  const result = JSON.parse(text);
  return {
    perSecond: result.requests.average,
    p50: result.latency.p50,
    p99: result.latency.p99,
    refused: result.non2xx + result.errors,
  };
}
