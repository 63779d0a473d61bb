import { beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '../logger.ts';
import { createMemoryRateLimiter } from './memory-rate-limiter.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { withLocalFallback } from './with-local-fallback.ts';

const windows = [{ limit: 3, lengthMs: 60_000 }];
const now = 60_000;

let logLines: string[] = [];
let changes: boolean[] = [];
let elapsed = 0;
let asked = 0;
let answer: 'well' | 'fails' | 'never' = 'well';
let limiter: RateLimiter;
let memory: RateLimiter;

/** Answers out of a memory of its own, as long as it is well. */
function asStore(verb: 'take' | 'peek'): RateLimiter['take'] {
  return async (...call) => {
    asked += 1;
    if (answer === 'fails') throw new Error('The store is away.');
    if (answer === 'never') await new Promise(() => {});
    return memory[verb](...call);
  };
}

beforeEach(() => {
  logLines = [];
  changes = [];
  [elapsed, asked, answer] = [0, 0, 'well'];
  memory = createMemoryRateLimiter();
  limiter = withLocalFallback(
    { take: asStore('take'), peek: asStore('peek') },
    {
      log: createLogger('info', { write: (line) => logLines.push(JSON.parse(line).msg) }),
      onChange: (isLocal) => changes.push(isLocal),
      elapsedMs: () => elapsed,
    },
  );
});

const takes = async (count: number, key = 'a') => {
  let allowed = 0;
  for (let n = 0; n < count; n++) if ((await limiter.take(key, windows, now)).allowed) allowed++;
  return allowed;
};

it('while the store answers, it decides', async () => {
  await memory.take('a', windows, now);
  expect(await takes(5)).toBe(2);
  expect(await limiter.peek('a', windows, now)).toMatchObject({ allowed: false, remaining: 0 });
  expect([asked, logLines, changes]).toEqual([6, [], []]);
});

it('while the store is away, every caller still has one limit, and no more', async () => {
  answer = 'fails';
  expect(await takes(50)).toBe(3);
  expect(await takes(50, 'b')).toBe(3);
  expect(await limiter.peek('a', windows, now)).toMatchObject({ allowed: false, remaining: 0 });
});

it('what the store let through counts when it goes away in the middle', async () => {
  expect(await takes(2)).toBe(2);
  answer = 'fails';
  expect(await takes(50)).toBe(1);
});

it('a store that is away is asked once a second, and each change is one line', async () => {
  answer = 'fails';
  await Promise.all(Array.from({ length: 20 }, () => takes(1)));
  // All of these were under way when it failed.
  expect(asked).toBe(20);
  for (let ms = 0; ms < 5_000; ms += 100) {
    elapsed += 100;
    await takes(3);
  }
  expect(asked).toBe(25);
  answer = 'well';
  elapsed += 1_000;
  await takes(1);
  await vi.waitUntil(() => changes.length === 2);
  expect(changes).toEqual([true, false]);
  expect(logLines).toEqual([
    'the store of the rate limits does not answer: this node counts by itself',
    'the store of the rate limits answers again',
  ]);
  const before = asked;
  expect(await takes(5, 'b')).toBe(3);
  expect(asked - before).toBe(5);
});

it('a store that answers others is waited for twice as long, and no longer', async () => {
  vi.useFakeTimers();
  try {
    answer = 'never';
    let isDecided = false;
    const late = takes(1).finally(() => {
      isDecided = true;
    });
    await vi.advanceTimersByTimeAsync(200);
    answer = 'well';
    expect(await takes(1, 'b')).toBe(1);
    await vi.advanceTimersByTimeAsync(250);
    expect([isDecided, changes]).toEqual([false, []]);
    expect(await takes(1, 'b')).toBe(1);
    await vi.advanceTimersByTimeAsync(100);
    expect([await late, changes]).toEqual([1, [true]]);
  } finally {
    vi.useRealTimers();
  }
});

it('a store that stands still holds nobody up for longer than a moment, and is not asked again meanwhile', async () => {
  vi.useFakeTimers();
  try {
    answer = 'never';
    const waiting = Promise.all(Array.from({ length: 5 }, () => takes(1)));
    await vi.advanceTimersByTimeAsync(300);
    expect(await waiting).toEqual([1, 1, 1, 0, 0]);
    expect(await takes(1)).toBe(0);
    elapsed += 1_000;
    await takes(1);
    await vi.advanceTimersByTimeAsync(300);
    elapsed += 60_000;
    await takes(1);
    expect([asked, changes]).toEqual([6, [true]]);
  } finally {
    vi.useRealTimers();
  }
});
