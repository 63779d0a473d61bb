import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hourMs, minuteMs, secondMs } from '../../src/platform/clock.ts';
import { createMemoryRateLimiter } from '../../src/platform/rate-limit/memory-rate-limiter.ts';
import { createPostgresRateLimiter } from '../../src/platform/rate-limit/postgres-rate-limiter.ts';
import type { RateDecision, RateWindow } from '../../src/platform/rate-limit/rate-limiter.ts';
import { clocksDifferMs } from '../../src/platform/rate-limit/sliding-counter.ts';
import { createRateDatabase, eachRateStore, openPool } from '../support/rate-stores.ts';

/** The turn of an hour: no slot of any window has begun before. */
const start = 500_000 * hourMs;
const windowsOf = (perMinute: number, perHour = 1_000_000): RateWindow[] => [
  { limit: perMinute, lengthMs: minuteMs },
  { limit: perHour, lengthMs: hourMs },
];
const allowedOf = (decisions: readonly RateDecision[]) => decisions.filter(({ allowed }) => allowed).length;

eachRateStore((store) => {
  /** A caller that nobody has counted yet, who comes to both nodes in turn. */
  const newCaller = (windows = windowsOf(60)) => {
    const key = `account/${randomUUID()}`;
    let calls = 0;
    const node = () => store.nodes[calls++ % 2 === 0 ? 0 : 1];
    return {
      key,
      take: (now: number) => node().take(key, windows, now),
      peek: (now: number) => node().peek(key, windows, now),
      async takes(count: number, now: number) {
        const decisions: RateDecision[] = [];
        for (let n = 0; n < count; n++) decisions.push(await node().take(key, windows, now));
        return decisions;
      },
    };
  };

  it('a fresh caller gets exactly 60, the 61st is refused, and what is left is told with each', async () => {
    const caller = newCaller();
    const decisions = await caller.takes(61, start + 1);
    expect(decisions.slice(0, 60)).toEqual(
      Array.from({ length: 60 }, (_, n) => ({
        allowed: true,
        limit: 60,
        remaining: 59 - n,
        resetAt: start + minuteMs,
      })),
    );
    const refused = { allowed: false, limit: 60, remaining: 0, resetAt: start + minuteMs };
    expect(decisions[60]).toEqual({ ...refused, retryAfterMs: expect.any(Number) });
    expect(await caller.peek(start + 1)).toEqual(decisions[60]);
  });

  it('of 100 calls at once by two nodes exactly 60 pass', async () => {
    for (let round = 0; round < 5; round++) {
      const caller = newCaller();
      const decisions = await Promise.all(Array.from({ length: 100 }, () => caller.take(start)));
      expect(allowedOf(decisions)).toBe(60);
      const told = decisions.filter(({ allowed }) => allowed).map(({ remaining }) => remaining);
      expect(told.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, n) => n));
    }
  });

  it('many callers at once from two nodes each get their own allowance', async () => {
    const callers = Array.from({ length: 30 }, () => newCaller(windowsOf(7)));
    const calls = Array.from({ length: 10 }, () => callers).flat();
    const decisions = await Promise.all(
      calls.map(async ({ key, take }) => ({ key, decision: await take(start) })),
    );
    const byCaller = Map.groupBy(decisions, ({ key }) => key);
    const passed = [...byCaller.values()].map((own) => allowedOf(own.map(({ decision }) => decision)));
    expect(passed).toEqual(Array(30).fill(7));
  });

  it('the turn of the minute does not give the limit twice: the minute before fades', async () => {
    const caller = newCaller();
    expect(allowedOf(await caller.takes(60, start + minuteMs - 1))).toBe(60);
    expect(allowedOf(await caller.takes(10, start + minuteMs))).toBe(0);
    expect(allowedOf(await caller.takes(40, start + minuteMs * 1.5))).toBe(30);
    expect(allowedOf(await caller.takes(70, start + minuteMs * 3.5))).toBe(60);
  });

  it('who waits as long as told is let in', async () => {
    const caller = newCaller();
    const decisions = await caller.takes(61, start + 20 * secondMs);
    const refused = decisions[60];
    if (!refused || refused.allowed) throw new Error('The 61st was let through.');
    const wait = Math.ceil(refused.retryAfterMs);
    expect((await caller.peek(start + 20 * secondMs + wait - secondMs)).allowed).toBe(false);
    expect((await caller.take(start + 20 * secondMs + wait)).allowed).toBe(true);
  });

  it('a call that one window refuses is counted in neither', async () => {
    const caller = newCaller(windowsOf(3, 5));
    expect(allowedOf(await caller.takes(50, start))).toBe(3);
    expect(await caller.peek(start + 2 * minuteMs)).toMatchObject({ allowed: true, limit: 5, remaining: 2 });
    expect(allowedOf(await caller.takes(50, start + 2 * minuteMs))).toBe(2);
    expect(await caller.take(start + 4 * minuteMs)).toMatchObject({
      allowed: false,
      limit: 5,
      remaining: 0,
      resetAt: start + hourMs,
    });
  });

  it('a peek counts nothing, also of a caller that is not known', async () => {
    const caller = newCaller(windowsOf(2));
    for (let n = 0; n < 5; n++) {
      expect(await caller.peek(start)).toMatchObject({ allowed: true, limit: 2, remaining: 2 });
    }
    expect(allowedOf(await caller.takes(5, start))).toBe(2);
  });

  it('a node whose clock is behind gives no more: the later of the two clocks counts', async () => {
    const caller = newCaller();
    const turn = start + minuteMs;
    const decisions: RateDecision[] = [];
    for (let n = 0; n < 100; n++) {
      // Both nodes in turn, one second apart, around the turn of the minute.
      decisions.push(await caller.take(n % 2 === 0 ? turn : turn - secondMs));
    }
    expect(allowedOf(decisions)).toBe(60);
    expect((await caller.take(start)).allowed).toBe(false);
    expect((await caller.take(turn)).allowed).toBe(false);
  });

  it('decides call for call like the store in memory, whatever comes when', async () => {
    const call = fc.record({
      gap: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 15 * secondMs }) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: minuteMs }) },
        { weight: 1, arbitrary: fc.integer({ min: -5 * minuteMs, max: 90 * minuteMs }) },
      ),
      isPeek: fc.nat(4).map((n) => n === 0),
      who: fc.constantFrom('a', 'b'),
    });
    const calls = fc.array(call, { minLength: 20, maxLength: 60 });
    const limits = fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 12 }));
    // Time goes on from one history to the next: what is silent is forgotten.
    let now = start;
    await fc.assert(
      fc.asyncProperty(limits, calls, async ([perMinute, perHour], history) => {
        const memory = createMemoryRateLimiter();
        const run = randomUUID();
        const windows = windowsOf(perMinute, perHour);
        now += 3 * hourMs;
        let latest = now;
        for (const [n, { gap, isPeek, who }] of history.entries()) {
          now = Math.max(now + gap, latest - clocksDifferMs);
          latest = Math.max(now, latest);
          const verb = isPeek ? 'peek' : 'take';
          const node = store.nodes[n % 2 === 0 ? 0 : 1];
          const asked = [`${run}/${who}`, windows, now] as const;
          expect(await node[verb](...asked)).toEqual(await memory[verb](...asked));
        }
      }),
      // Shrinking by a database takes longer than a test may.
      { numRuns: 30, endOnFailure: true },
    );
  });
});

describe('the table in PostgreSQL', () => {
  let database: Awaited<ReturnType<typeof createRateDatabase>>;
  let pool: ReturnType<typeof openPool>;
  beforeAll(async () => {
    database = await createRateDatabase();
    pool = openPool(database.databaseUrl);
  });
  afterAll(async () => {
    await pool.destroy();
    await database.remove();
  });

  it('is not written to the log of the database', async () => {
    const { rows } = await pool.raw("select relpersistence from pg_class where relname = 'rate_counters'");
    expect(rows).toEqual([{ relpersistence: 'u' }]);
  });

  it('forgets who has long been silent, and nobody else', async () => {
    const limiter = createPostgresRateLimiter(pool);
    const keys = () => pool('rate_counters').orderBy('key').pluck('key');
    await limiter.take('address/1', [{ limit: 5, lengthMs: minuteMs }], start);
    await limiter.take('account/1', windowsOf(5), start);
    const later = start + 10 * minuteMs;
    await limiter.take('address/2', [{ limit: 5, lengthMs: minuteMs }], later);
    await expect.poll(keys).toEqual(['60000,3600000/account/1', '60000/address/2']);
    await limiter.take('address/3', [{ limit: 5, lengthMs: minuteMs }], start + 3 * hourMs);
    await expect.poll(keys).toEqual(['60000/address/3']);
  });
});
