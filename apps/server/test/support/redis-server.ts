import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** The server of this machine, if it has one: Redis, or Valkey, which is the same to us. */
export const redisProgram = ['redis-server', 'valkey-server'].find(
  (program) => spawnSync(program, ['--version']).status === 0,
);

/** A real Redis on a free port that keeps nothing on a disk. */
export interface RedisServer {
  readonly url: string;
  /** Sends a signal to it; resolves when a killed one is gone. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on its port, empty, after it was killed. */
  startAgain(): Promise<void>;
  stop(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort();
  let child = await start(port);
  const signal: RedisServer['signal'] = async (name) => {
    const isOver = child.exitCode !== null || child.signalCode !== null;
    child.kill(name);
    if (name === 'SIGKILL' && !isOver) await once(child, 'exit');
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    signal,
    startAgain: async () => {
      child = await start(port);
    },
    stop: () => signal('SIGKILL'),
  };
}

async function start(port: number): Promise<ChildProcess> {
  const flags = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(redisProgram ?? 'redis-server', flags, { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (/ready to accept connections/i.test(line)) {
      child.stdout.resume();
      return child;
    }
  }
  throw new Error(`${redisProgram} did not start on port ${port}.`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
