import knex from 'knex';
import { secondMs } from '../clock.ts';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';
import { createPostgresRateLimiter } from './postgres-rate-limiter.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { type FallbackOptions, withLocalFallback } from './with-local-fallback.ts';

/** Where requests are counted, and what to know of that place. */
export interface RateLimitSettings {
  readonly rateLimitStore: 'memory' | 'postgres' | 'redis';
  readonly databaseUrl: string | undefined;
  readonly redisUrl: string | undefined;
}

/** Opens the store that the settings name. Where that is away already, the limits are this node's own for now. */
export async function openRateLimiter(
  settings: RateLimitSettings,
  options: FallbackOptions,
): Promise<{ limiter: RateLimiter; close(): Promise<void> }> {
  const { rateLimitStore, databaseUrl, redisUrl } = settings;
  if (rateLimitStore === 'postgres' && databaseUrl !== undefined) {
    const pool = openPool(databaseUrl);
    const store = createPostgresRateLimiter(pool);
    // Connects, so that the first request does not wait for it.
    await store.peek('start', [{ limit: 1, lengthMs: secondMs }], 0).catch(() => {});
    return { limiter: withLocalFallback(store, options), close: () => pool.destroy() };
  }
  if (rateLimitStore === 'redis' && redisUrl !== undefined) {
    // Read only where it is used: it is larger than all the rest of the limiter.
    const { openRedisRateLimiter } = await import('./redis-rate-limiter.ts');
    const store = await openRedisRateLimiter(redisUrl);
    return { limiter: withLocalFallback(store, options), close: store.close };
  }
  return { limiter: createMemoryRateLimiter(), close: async () => {} };
}

/** Two connections of its own, one to count and one to look: behind business that waits for a connection, no answer is in time. */
const openPool = (connectionString: string) =>
  knex({
    client: 'pg',
    compileSqlOnError: false,
    connection: {
      connectionString,
      application_name: 'thrivetech-rates',
      connectionTimeoutMillis: secondMs,
    },
    acquireConnectionTimeout: secondMs,
    pool: { min: 0, max: 2 },
    // Knex would print each connection that fails; who asks is told.
    log: { warn() {}, error() {}, deprecate() {}, debug() {} },
  });
