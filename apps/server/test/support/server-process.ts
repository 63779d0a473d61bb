import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import knex, { type Knex } from 'knex';
import type { TestDatabase } from './each-database.ts';

/** The line that `--json` prints. */
export interface StartLine {
  readonly base_url: string;
  readonly docs_url: string;
  readonly account_id: string;
  readonly admin_key: string | null;
  readonly read_only_key: string | null;
  readonly channel_key: string | null;
  readonly product_id: string | null;
  readonly license_key: string | null;
}

export interface Exit {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A server in a process of its own, as an operator runs it. */
export interface ServerProcess {
  readonly start: StartLine;
  readonly pid: number;
  /** Ends it and waits until it is gone. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Exit>;
  /** Sends a signal and does not wait. */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  readonly exited: Promise<Exit>;
}

/** Where `npm start` keeps it: a process starts in half the time. */
export const compileCache = join(import.meta.dirname, '../../../../node_modules/.cache/thrive');

type Home = Pick<TestDatabase, 'dataDir' | 'databaseUrl'>;

export function spawnServer(home: Home, env: Record<string, string> = {}, fileMbMax?: number) {
  const main = [process.execPath, join(import.meta.dirname, '../../src/main.ts'), '--json'] as const;
  // No file may grow larger: what a full disk is like, without filling one.
  const limited = ['sh', '-c', `ulimit -f ${(fileMbMax ?? 0) * 2048}; exec "$@"`, 'sh', ...main] as const;
  const [command, ...args] = fileMbMax === undefined ? main : limited;
  const child = spawn(command, args, {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: compileCache,
      PORT: '0',
      DATA_DIR: home.dataDir,
      LOG_LEVEL: 'error',
      ...(home.databaseUrl && { DATABASE_URL: home.databaseUrl }),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return { child, exited: collect(child) };
}

/** Starts a server. @throws when it ends before it says where it listens. */
export async function startServer(
  home: Home,
  env: Record<string, string> = {},
  fileMbMax?: number,
): Promise<ServerProcess> {
  const { child, exited } = spawnServer(home, env, fileMbMax);
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const line = await Promise.race([once(lines, 'line').then(([text]) => String(text)), exited]);
  if (typeof line !== 'string') throw new Error(`The server did not start: ${JSON.stringify(line)}`);
  if (!line.startsWith('{')) {
    child.kill('SIGKILL');
    throw new Error(`The first line of --json is no JSON: ${line} ${(await exited).stderr}`);
  }
  return {
    start: JSON.parse(line) as StartLine,
    pid: child.pid ?? 0,
    exited,
    signal: (signal) => child.kill(signal),
    end: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

/** Starts a server that is expected to give up. */
export const failedStart = (home: Home, env: Record<string, string> = {}): Promise<Exit> =>
  spawnServer(home, env).exited;

/** All that a process says until it ends. */
export async function collect(child: ChildProcess): Promise<Exit> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => {
    stdout += data;
  });
  child.stderr?.on('data', (data) => {
    stderr += data;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

/** A connection of one's own to the database of a server process. */
export function openDatabase({ dataDir, databaseUrl }: Home): Knex {
  if (databaseUrl) {
    const numeric = { getTypeParser: () => (text: string) => (/^-?\d+$/.test(text) ? Number(text) : text) };
    return knex({
      client: 'pg',
      connection: { connectionString: databaseUrl, types: numeric } as Knex.PgConnectionConfig,
      pool: { min: 0, max: 2 },
    });
  }
  return knex({
    client: 'sqlite3',
    connection: { filename: join(dataDir, 'thrive.sqlite') },
    useNullAsDefault: true,
    pool: { min: 1, max: 1 },
  });
}
