import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, inject } from 'vitest';

/** A fresh database of one kind, and the folder that holds its keys. */
export interface TestDatabase {
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  remove(): Promise<void>;
}

export type DatabaseKind = 'sqlite' | 'postgres';

/** Says every guarantee twice: on SQLite and on PostgreSQL. */
export function eachDatabase(body: (kind: DatabaseKind) => void): void {
  describe.each(['sqlite', 'postgres'] as const)('on %s', body);
}

export async function createTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'thrive-data-'));
  const removeDataDir = () => rm(dataDir, { recursive: true, force: true });
  if (kind === 'sqlite') return { dataDir, databaseUrl: undefined, remove: removeDataDir };

  const server = inject('postgresUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(server, `create database ${name}`);
  return {
    dataDir,
    databaseUrl: `${server}/${name}`,
    remove: async () => {
      await onServer(server, `drop database ${name} with (force)`);
      await removeDataDir();
    },
  };
}

async function onServer(url: string, sql: string): Promise<void> {
  const client = new pg.Client(`${url}/postgres`);
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
