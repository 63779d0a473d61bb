import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';

const minute = 60_000;
const hour = 60 * minute;
const perMinute = (limit: number) => [{ limit, lengthMs: minute }];

/** Takes `count` times at one moment; how many were allowed. */
async function takeMany(
  limiter: ReturnType<typeof createMemoryRateLimiter>,
  options: { count: number; now: number; limit: number; key?: string },
): Promise<number> {
  let allowed = 0;
  for (let n = 0; n < options.count; n++) {
    const decision = await limiter.take(options.key ?? 'a', perMinute(options.limit), options.now);
    if (decision.allowed) allowed++;
  }
  return allowed;
}

describe('one window', () => {
  it.each([1, 2, 60, 1000])('a fresh caller gets exactly %i', async (limit) => {
    const limiter = createMemoryRateLimiter();
    expect(await takeMany(limiter, { count: limit + 5, now: 123_456, limit })).toBe(limit);
  });

  it('callers do not share', async () => {
    const limiter = createMemoryRateLimiter();
    await takeMany(limiter, { count: 5, now: 0, limit: 5 });
    expect(await takeMany(limiter, { count: 6, now: 0, limit: 5, key: 'b' })).toBe(5);
  });

  it('the slot before counts by the share of it that the window still covers', async () => {
    const limiter = createMemoryRateLimiter();
    await takeMany(limiter, { count: 60, now: minute - 1, limit: 60 });
    expect(await takeMany(limiter, { count: 60, now: minute, limit: 60 })).toBe(0);
    expect(await takeMany(limiter, { count: 60, now: minute * 1.5, limit: 60 })).toBe(30);
  });

  it('after two silent windows nothing is left of the past', async () => {
    const limiter = createMemoryRateLimiter();
    await takeMany(limiter, { count: 60, now: minute - 1, limit: 60 });
    expect(await takeMany(limiter, { count: 70, now: 2 * minute, limit: 60 })).toBe(60);
  });

  it('a clock that is set back gives no allowance twice', async () => {
    const limiter = createMemoryRateLimiter();
    await takeMany(limiter, { count: 60, now: 10 * minute, limit: 60 });
    expect(await takeMany(limiter, { count: 60, now: 3 * minute, limit: 60 })).toBe(0);
    expect(await takeMany(limiter, { count: 60, now: 10 * minute, limit: 60 })).toBe(0);
  });

  it('also not when the caller was silent meanwhile and others called', async () => {
    const limiter = createMemoryRateLimiter();
    await takeMany(limiter, { count: 60, now: 10 * minute, limit: 60 });
    await takeMany(limiter, { count: 1, now: 14 * minute, limit: 60, key: 'b' });
    expect(await takeMany(limiter, { count: 60, now: 10 * minute, limit: 60 })).toBe(0);
  });

  it('no slot ever sees more than the limit', async () => {
    const steps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 120 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 10 }), steps, async (limit, gaps) => {
        const limiter = createMemoryRateLimiter();
        const allowedAt: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          if ((await limiter.take('a', perMinute(limit), now)).allowed) allowedAt.push(now);
        }
        const slots = new Map<number, number>();
        for (const at of allowedAt) {
          const slot = Math.floor(at / minute);
          slots.set(slot, (slots.get(slot) ?? 0) + 1);
        }
        return [...slots.values()].every((count) => count <= limit);
      }),
    );
  });

  it('who waits as long as told is let in, and the wait is never longer than two windows', async () => {
    const calls = fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 5, maxLength: 80 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 8 }), calls, async (limit, gaps) => {
        const limiter = createMemoryRateLimiter();
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const decision = await limiter.take('a', perMinute(limit), now);
          if (decision.allowed) continue;
          expect(decision.retryAfterMs).toBeGreaterThan(0);
          expect(decision.retryAfterMs).toBeLessThanOrEqual(2 * minute);
          const later = await limiter.peek('a', perMinute(limit), now + Math.ceil(decision.retryAfterMs));
          expect(later.allowed).toBe(true);
          return;
        }
      }),
    );
  });
});

describe('two windows', () => {
  const windows = [
    { limit: 3, lengthMs: minute },
    { limit: 5, lengthMs: hour },
  ];

  it('a call that one window refuses is counted in neither', async () => {
    const limiter = createMemoryRateLimiter();
    for (let n = 0; n < 50; n++) await limiter.take('a', windows, 0);
    expect(await limiter.peek('a', windows, 2 * minute)).toMatchObject({
      allowed: true,
      limit: 5,
      remaining: 2,
    });
    for (let n = 0; n < 50; n++) await limiter.take('a', windows, 2 * minute);
    expect(await limiter.take('a', windows, 4 * minute)).toMatchObject({
      allowed: false,
      limit: 5,
      remaining: 0,
      resetAt: hour,
    });
  });

  it('the answer shows the window that is closest to its end', async () => {
    const limiter = createMemoryRateLimiter();
    expect(await limiter.take('a', windows, 0)).toMatchObject({ limit: 3, remaining: 2, resetAt: minute });
    await limiter.take('a', windows, 0);
    await limiter.take('a', windows, 0);
    expect(await limiter.take('a', windows, 2 * minute)).toMatchObject({
      limit: 5,
      remaining: 1,
      resetAt: hour,
    });
  });
});

it('a peek counts nothing', async () => {
  const limiter = createMemoryRateLimiter();
  for (let n = 0; n < 100; n++) await limiter.peek('a', perMinute(3), 0);
  expect(await takeMany(limiter, { count: 5, now: 0, limit: 3 })).toBe(3);
});

it('a full window is told by a peek too', async () => {
  const limiter = createMemoryRateLimiter();
  await takeMany(limiter, { count: 3, now: 0, limit: 3 });
  expect(await limiter.peek('a', perMinute(3), 0)).toMatchObject({ allowed: false, remaining: 0 });
});

it('who comes with ever new addresses does not use up the memory: who came first is forgotten', async () => {
  const limiter = createMemoryRateLimiter(3);
  for (const key of ['a', 'b', 'c', 'c', 'b']) await takeMany(limiter, { count: 1, now: 0, limit: 5, key });
  expect(await limiter.peek('a', perMinute(5), 0)).toMatchObject({ remaining: 4 });
  await takeMany(limiter, { count: 1, now: 0, limit: 5, key: 'd' });
  const left = async (key: string) => (await limiter.peek(key, perMinute(5), 0)).remaining;
  expect([await left('a'), await left('b'), await left('c'), await left('d')]).toEqual([5, 3, 3, 4]);
});

it('a refused call leaves no trace: a clock that is set back finds what it left', async () => {
  const limiter = createMemoryRateLimiter();
  await takeMany(limiter, { count: 4, now: minute - 1, limit: 4 });
  expect(await takeMany(limiter, { count: 1, now: minute, limit: 4 })).toBe(0);
  expect(await limiter.peek('a', perMinute(4), minute - 1)).toMatchObject({ resetAt: minute });
});
