import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const serverFolder = join(import.meta.dirname, '../../../../apps/server');

/** The line that `--json` prints. */
interface StartLine {
  readonly base_url: string;
  readonly admin_key: string | null;
  readonly channel_key: string | null;
  readonly product_id: string | null;
  readonly license_key: string | null;
}

/** A real server in a process of its own, as an operator runs it. It can be stopped and come back at another time. */
export interface RealServer {
  readonly baseUrl: string;
  readonly dataDir: string;
  readonly adminKey: string;
  readonly channelKey: string;
  readonly productId: string;
  /** What the server prints; nobody is to believe it but a test. */
  readonly rootKeys: readonly { kid: string; kty: string; crv: string; x: string }[];
  /** The management API. @throws unless the answer is a success. */
  admin<Data>(method: string, path: string, body?: object): Promise<Data>;
  /** What its clock shows; epoch milliseconds. */
  now(): number;
  readonly isRunning: boolean;
  stop(): Promise<void>;
  /** At the same address. @param now what its clock shows from then on. */
  comeBack(now: number): Promise<void>;
  /** Runs a command of the operator on its data. */
  thrive(...args: string[]): Promise<string>;
  /** Stops it and removes its data. */
  remove(): Promise<void>;
}

export async function startRealServer(): Promise<RealServer> {
  const dataDir = mkdtempSync(join(tmpdir(), 'thrive-client-'));
  let shiftMs = 0;
  let running = await launch(dataDir, '0', shiftMs);
  const { base_url: baseUrl, admin_key, channel_key, product_id } = running.line;
  const [adminKey, channelKey, productId] = [String(admin_key), String(channel_key), String(product_id)];
  const published = await (await fetch(`${baseUrl}/.well-known/thrive-keys.json`)).json();
  let isRunning = true;

  const stop = async () => {
    if (!isRunning) return;
    isRunning = false;
    running.child.kill('SIGTERM');
    await running.exited;
  };
  return {
    baseUrl,
    dataDir,
    adminKey,
    channelKey,
    productId,
    rootKeys: (published as { root_keys: RealServer['rootKeys'] }).root_keys,
    async admin<Data>(method: string, path: string, body?: object) {
      const answer = await fetch(`${baseUrl}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${adminKey}`,
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      const envelope = (await answer.json()) as { data: Data };
      if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(envelope)}`);
      return envelope.data;
    },
    stop,
    get isRunning() {
      return isRunning;
    },
    now: () => Date.now() + shiftMs,
    async comeBack(now) {
      await stop();
      shiftMs = Math.round(now - Date.now());
      running = await launch(dataDir, new URL(baseUrl).port, shiftMs);
      isRunning = true;
    },
    async thrive(...args) {
      const command = [...shiftedBy(shiftMs), join(serverFolder, 'src/cli/main.ts'), ...args];
      const child = spawn(process.execPath, command, {
        env: environment(dataDir),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const { code, output } = await ended(child);
      if (code !== 0) throw new Error(`thrive ${args.join(' ')}: ${output}`);
      return output;
    },
    async remove() {
      await stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** No test is about the rate of a plan, and all of them come from one address. */
function planWithoutRates(dataDir: string): string {
  const path = join(dataDir, 'plans.json');
  const plans = JSON.parse(readFileSync(join(serverFolder, 'src/config/plans.json'), 'utf8'));
  const freed = plans.map((plan: object) => ({ ...plan, rate_limits: { per_minute: null, per_hour: null } }));
  writeFileSync(path, JSON.stringify(freed));
  return path;
}

const environment = (dataDir: string) => ({
  PATH: process.env['PATH'],
  // Where `npm start` keeps it: a process starts in half the time.
  NODE_COMPILE_CACHE: join(serverFolder, '../../node_modules/.cache/thrive'),
  DATA_DIR: dataDir,
  LOG_LEVEL: 'error',
  PLAN_FILE: planWithoutRates(dataDir),
});

/** A process whose clock is so far ahead, or behind. */
const shiftedBy = (shiftMs: number) => [
  '--import',
  `data:text/javascript,const now=Date.now;Date.now=()=>now()+${shiftMs}`,
];

async function launch(dataDir: string, port: string, shiftMs: number) {
  const child = spawn(
    process.execPath,
    [...shiftedBy(shiftMs), join(serverFolder, 'src/main.ts'), '--json'],
    {
      env: {
        ...environment(dataDir),
        PORT: port,
        UNAUTHENTICATED_PER_MINUTE: '10000',
        WRONG_LICENSE_KEYS_PER_MINUTE: '10000',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const exited = ended(child);
  const lines = createInterface({ input: child.stdout });
  const first = await Promise.race([once(lines, 'line').then(([text]) => String(text)), exited]);
  if (typeof first !== 'string') throw new Error(`The server did not start: ${first.output}`);
  return { child, exited, line: JSON.parse(first) as StartLine };
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (data) => {
      output += data;
    });
  }
  const [code] = await once(child, 'close');
  return { code, output };
}
