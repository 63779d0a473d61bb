import { describe, expect, test } from 'vitest';
import { createTestClock } from './test-clock.ts';

const start = new Date('2030-06-01T00:00:00Z');

describe('a test clock', () => {
  test('stands still until it is moved', () => {
    const clock = createTestClock(start);
    expect(clock.now()).toBe(start.getTime());
    clock.advance(1500);
    expect(clock.now()).toBe(start.getTime() + 1500);
  });

  test('rings every timer that comes due, in order, and each at its moment', () => {
    const clock = createTestClock(start);
    const rung: [string, number][] = [];
    const ring = (name: string) => () => void rung.push([name, clock.now() - start.getTime()]);
    clock.after(300, ring('late'));
    clock.after(100, ring('early'));
    clock.after(100, ring('early too'));
    clock.after(900, ring('later'));
    clock.advance(300);
    expect(rung).toEqual([
      ['early', 100],
      ['early too', 100],
      ['late', 300],
    ]);
    expect(clock.waiting).toEqual([600]);
  });

  test('rings what a timer starts on the way', () => {
    const clock = createTestClock(start);
    let rings = 0;
    const again = () => {
      rings += 1;
      clock.after(10, again);
    };
    clock.after(10, again);
    clock.advance(55);
    expect(rings).toBe(5);
  });

  test('forgets a timer that was cancelled', () => {
    const clock = createTestClock(start);
    let rings = 0;
    const cancel = clock.after(10, () => {
      rings += 1;
    });
    cancel();
    clock.advance(20);
    expect([rings, clock.waiting]).toEqual([0, []]);
  });

  test('set to another time, it lets no time pass: timers wait as long as before', () => {
    const clock = createTestClock(start);
    let rings = 0;
    clock.after(1000, () => {
      rings += 1;
    });
    clock.jump(-86_400_000);
    expect(clock.now()).toBe(start.getTime() - 86_400_000);
    expect([rings, clock.waiting]).toEqual([0, [1000]]);
    clock.advance(1000);
    expect(rings).toBe(1);
  });

  test('does not run backwards', () => {
    const clock = createTestClock(start);
    expect(() => clock.advance(-1)).toThrow(RangeError);
    expect(() => clock.advance(Number.NaN)).toThrow(RangeError);
  });

  test('passes the pauses of what it is patient with, one after the other, and no longer ones', async () => {
    const clock = createTestClock(start);
    const sleep = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve));
    const rung: string[] = [];
    clock.after(10_000, () => rung.push('time-out'));
    const work = async () => {
      for (const pauseMs of [400, 0, 4_000]) await sleep(pauseMs);
      return clock.now() - start.getTime();
    };
    expect(await clock.patiently(work())).toBe(4_400);
    expect([rung, clock.waiting]).toEqual([[], [5_600]]);

    await expect(clock.patiently(Promise.reject(new Error('refused')))).rejects.toThrow('refused');
    await clock.patiently(sleep(15_000), 15_000);
    expect(rung).toEqual(['time-out']);
    // It is over: nobody moves the clock any more.
    clock.after(1, () => rung.push('afterwards'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(rung).toEqual(['time-out']);
  });

  test('tells when somebody waits for time to pass, for as long as is meant', async () => {
    const clock = createTestClock(start);
    clock.after(10_000, () => {});
    await clock.untilWaiting();
    let isThere = false;
    const short = clock
      .untilWaiting((remainingMs) => remainingMs < 1000)
      .then(() => {
        isThere = true;
      });
    await Promise.resolve();
    expect(isThere).toBe(false);
    clock.after(500, () => {});
    await short;
  });
});
