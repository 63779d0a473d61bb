import { createClient } from '@redis/client';
import { afterEach, describe, expect, it } from 'vitest';
import { minuteMs } from '../../src/platform/clock.ts';
import { postgresDialect } from '../../src/platform/db/dialect/postgres.ts';
import { migrate } from '../../src/platform/db/migrate.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { openRateLimiter } from '../../src/platform/rate-limit/open-rate-limiter.ts';
import { createPostgresRateLimiter } from '../../src/platform/rate-limit/postgres-rate-limiter.ts';
import type { RateLimiter } from '../../src/platform/rate-limit/rate-limiter.ts';
import { withLocalFallback } from '../../src/platform/rate-limit/with-local-fallback.ts';
import { startPostgres } from '../support/embedded-postgres.ts';
import { createRateDatabase, describeRedis, openPool } from '../support/rate-stores.ts';
import { startRedis } from '../support/redis-server.ts';

const away = 'the store of the rate limits does not answer: this node counts by itself';
const back = 'the store of the rate limits answers again';
const windows = [{ limit: 60, lengthMs: minuteMs }];
const now = 20_000_000 * minuteMs;
const patience = { timeout: 20_000, interval: 50 };

let messages: string[] = [];
const cleanUps: (() => Promise<unknown>)[] = [];
const log = createLogger('info', { write: (line) => messages.push(JSON.parse(line).msg) });
/** Counts are exact here also on a machine that is busy with other tests. */
const options = { log, waitMs: 1_000 };
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  messages = [];
});

async function open(settings: Parameters<typeof openRateLimiter>[0]): Promise<RateLimiter> {
  const { limiter, close } = await openRateLimiter(settings, options);
  cleanUps.push(close);
  return limiter;
}

const takes = async (limiter: RateLimiter, count: number, key = 'account/1') => {
  const decisions = await Promise.all(Array.from({ length: count }, () => limiter.take(key, windows, now)));
  return decisions.filter(({ allowed }) => allowed).length;
};

/** Calls, as any traffic would, until the limiters have noticed. */
const untilLogged = (limiters: RateLimiter[], lines: string[]) =>
  expect
    .poll(async () => {
      for (const limiter of limiters) await limiter.take('somebody/else', windows, now);
      return messages;
    }, patience)
    .toEqual(lines);

/** What must hold of any store that goes away and comes back. */
async function expectBoundedMeanwhile(
  [one, other]: readonly [RateLimiter, RateLimiter],
  store: { end(): Promise<void>; begin(): Promise<void> },
): Promise<void> {
  expect(await takes(one, 40)).toBe(40);
  expect(await takes(other, 40)).toBe(20);
  await store.end();
  // Each node goes on from what it let through itself, up to one limit.
  expect(await takes(one, 200)).toBe(20);
  expect(await takes(other, 200)).toBe(40);
  expect(await takes(one, 200, 'account/2')).toBe(60);
  await untilLogged([one, other], [away, away]);
  const begun = performance.now();
  await takes(one, 100);
  expect(performance.now() - begun).toBeLessThan(1_000);

  await store.begin();
  await untilLogged([one, other], [away, away, back, back]);
  const both = await Promise.all([takes(one, 50, 'account/3'), takes(other, 50, 'account/3')]);
  expect(both[0] + both[1]).toBe(60);
  expect(messages).toHaveLength(4);
}

describe('PostgreSQL', () => {
  it('whose pool is closed in the middle leaves every node its own limit, and decides again afterwards', async () => {
    const { databaseUrl, remove } = await createRateDatabase();
    const pools = [openPool(databaseUrl), openPool(databaseUrl)] as const;
    cleanUps.push(
      remove,
      () => pools[0].destroy(),
      () => pools[1].destroy(),
    );
    const node = (pool: (typeof pools)[0]) => withLocalFallback(createPostgresRateLimiter(pool), options);
    await expectBoundedMeanwhile([node(pools[0]), node(pools[1])], {
      end: async () => void (await Promise.all(pools.map((pool) => pool.destroy()))),
      begin: async () => {
        for (const pool of pools) pool.initialize();
      },
    });
  });

  it.each([
    ['killed', 'SIGKILL'],
    ['standing still', 'SIGSTOP'],
  ] as const)('%s leaves every node its own limit, and decides again afterwards', async (_how, signal) => {
    const postgres = await startPostgres(['-c', 'fsync=off']);
    cleanUps.push(
      () => postgres.stop(),
      () => postgres.signal('SIGCONT'),
    );
    const databaseUrl = `${postgres.url}/postgres`;
    const connections = postgresDialect(databaseUrl).connect();
    await migrate(connections.write);
    await connections.close();
    const settings = { rateLimitStore: 'postgres', databaseUrl, redisUrl: undefined } as const;
    await expectBoundedMeanwhile([await open(settings), await open(settings)], {
      end: () => postgres.signal(signal),
      begin: () => (signal === 'SIGKILL' ? postgres.startAgain() : postgres.signal('SIGCONT')),
    });
  });
});

describeRedis('Redis', () => {
  const start = async () => {
    const redis = await startRedis();
    cleanUps.push(redis.stop);
    return redis;
  };
  const settingsOf = (redisUrl: string) =>
    ({ rateLimitStore: 'redis', databaseUrl: undefined, redisUrl }) as const;

  it.each([
    ['killed', 'SIGKILL'],
    ['standing still', 'SIGSTOP'],
  ] as const)('%s leaves every node its own limit, and decides again afterwards', async (_how, signal) => {
    const redis = await start();
    const settings = settingsOf(redis.url);
    await expectBoundedMeanwhile([await open(settings), await open(settings)], {
      end: () => redis.signal(signal),
      begin: () => (signal === 'SIGKILL' ? redis.startAgain() : redis.signal('SIGCONT')),
    });
  });

  it('that is away at the start keeps no server from starting, and decides once it is there', async () => {
    const redis = await start();
    await redis.signal('SIGKILL');
    const limiter = await open(settingsOf(redis.url));
    expect(await takes(limiter, 100)).toBe(60);
    await redis.startAgain();
    await untilLogged([limiter], [away, back]);
  });

  it('that has forgotten the script gets it again with the call', async () => {
    const redis = await start();
    const limiter = await open(settingsOf(redis.url));
    const client = await withClient(redis.url);
    expect(await takes(limiter, 30)).toBe(30);
    await client.sendCommand(['SCRIPT', 'FLUSH']);
    expect(await takes(limiter, 50)).toBe(30);
    expect(messages).toEqual([]);
  });

  it('keeps no caller for longer than its windows need, and none that was only looked at', async () => {
    const redis = await start();
    const limiter = await open(settingsOf(redis.url));
    const client = await withClient(redis.url);
    await limiter.take('address/1', windows, now);
    await limiter.peek('address/2', windows, now);
    expect(await client.sendCommand(['KEYS', '*'])).toEqual(['thrive:rate:address/1']);
    const left = Number(await client.sendCommand(['PTTL', 'thrive:rate:address/1']));
    expect(left).toBeGreaterThan(2 * minuteMs);
    expect(left).toBeLessThanOrEqual(7 * minuteMs);
  });
});

async function withClient(url: string) {
  const client = createClient({ url, RESP: 2 });
  client.on('error', () => {});
  await client.connect();
  cleanUps.push(async () => client.destroy());
  return client;
}
