import knex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { postgresDialect } from '../../src/platform/db/dialect/postgres.ts';
import { migrate } from '../../src/platform/db/migrate.ts';
import { createMemoryRateLimiter } from '../../src/platform/rate-limit/memory-rate-limiter.ts';
import { createPostgresRateLimiter } from '../../src/platform/rate-limit/postgres-rate-limiter.ts';
import type { RateLimiter } from '../../src/platform/rate-limit/rate-limiter.ts';
import { openRedisRateLimiter } from '../../src/platform/rate-limit/redis-rate-limiter.ts';
import { createTestDatabase } from './each-database.ts';
import { type RedisServer, redisProgram, startRedis } from './redis-server.ts';

/** Two limiters as two nodes have them, over one store. */
export interface RateStore {
  readonly nodes: readonly [RateLimiter, RateLimiter];
}

interface Opened {
  readonly nodes: readonly [RateLimiter, RateLimiter];
  close(): Promise<void>;
}

/** Says every guarantee for every place where requests can be counted. */
export function eachRateStore(body: (store: RateStore) => void): void {
  describe('in memory', () => body(useStore(openMemory)));
  describe('in PostgreSQL', () => body(useStore(openPostgres)));
  describeRedis('in Redis', () => body(useStore(openRedis)));
}

/** Without a server for it the tests are skipped, and say so. */
export function describeRedis(name: string, body: () => void): void {
  if (redisProgram) describe(name, body);
  else it.skip(`${name}: not run, this machine has no redis-server and no valkey-server`, () => {});
}

function useStore(open: () => Promise<Opened>): RateStore {
  let opened: Opened | undefined;
  beforeAll(async () => {
    opened = await open();
  });
  afterAll(() => opened?.close());
  return {
    get nodes() {
      if (!opened) throw new Error('The store is open only inside tests.');
      return opened.nodes;
    },
  };
}

/** One process has one. */
async function openMemory(): Promise<Opened> {
  const limiter = createMemoryRateLimiter();
  return { nodes: [limiter, limiter], close: async () => {} };
}

async function openPostgres(): Promise<Opened> {
  const { databaseUrl, remove } = await createRateDatabase();
  const pools = [openPool(databaseUrl), openPool(databaseUrl)] as const;
  return {
    nodes: [createPostgresRateLimiter(pools[0]), createPostgresRateLimiter(pools[1])],
    close: async () => {
      await Promise.all(pools.map((pool) => pool.destroy()));
      await remove();
    },
  };
}

async function openRedis(): Promise<Opened> {
  const server: RedisServer = await startRedis();
  const nodes = [await openRedisRateLimiter(server.url), await openRedisRateLimiter(server.url)] as const;
  return {
    nodes,
    close: async () => {
      await Promise.all(nodes.map((node) => node.close()));
      await server.stop();
    },
  };
}

/** A database of its own with all its tables. */
export async function createRateDatabase(): Promise<{ databaseUrl: string; remove(): Promise<void> }> {
  const { databaseUrl = '', remove } = await createTestDatabase('postgres');
  const connections = postgresDialect(databaseUrl).connect();
  await migrate(connections.write);
  await connections.close();
  return { databaseUrl, remove };
}

export const openPool = (connectionString: string): Knex =>
  knex({ client: 'pg', connection: { connectionString }, pool: { min: 0, max: 2 } });
