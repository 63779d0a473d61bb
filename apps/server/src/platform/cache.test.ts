import { describe, expect, it } from 'vitest';
import { createCaches } from './cache.ts';

interface Thing {
  id: string;
  n: number;
}

const alone = { isShared: false, isUpToDate: () => true };

function counted(options = alone, entriesMax = 3, mustBeExact = false) {
  const caches = createCaches(options);
  const cache = caches.create<Thing>(entriesMax, ({ id }) => [id], mustBeExact);
  let loads = 0;
  const get = (key: string, value: Thing | null = { id: key, n: 1 }) =>
    cache.get(key, async () => {
      loads += 1;
      return value;
    });
  return { caches, cache, get, loads: () => loads };
}

/** A load that ends when it is told to. */
function slow(value: Thing) {
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return {
    end,
    load: async () => {
      await ended;
      return value;
    },
  };
}

describe('a read cache', () => {
  it('loads once, until what it holds is changed', async () => {
    const { caches, get, loads } = counted();
    await get('a');
    await get('a');
    expect(loads()).toBe(1);
    caches.invalidate(['a']);
    expect(await get('a', { id: 'a', n: 2 })).toEqual({ id: 'a', n: 2 });
    expect(loads()).toBe(2);
  });

  it('keeps what a change did not touch', async () => {
    const { caches, get, loads } = counted();
    await get('a');
    await get('b');
    caches.invalidate(['a', 'unknown']);
    await get('b');
    expect(loads()).toBe(2);
  });

  it('does not remember that something was missing', async () => {
    const { get, loads } = counted();
    expect(await get('a', null)).toBeNull();
    expect(await get('a')).toEqual({ id: 'a', n: 1 });
    expect(loads()).toBe(2);
  });

  it('does not keep what was read before a change and arrives after it', async () => {
    const { caches, cache, get } = counted();
    const old = slow({ id: 'a', n: 1 });
    const reading = cache.get('a', old.load);
    caches.invalidate(['a']);
    old.end();
    expect(await reading).toEqual({ id: 'a', n: 1 });
    expect(await get('a', { id: 'a', n: 2 })).toEqual({ id: 'a', n: 2 });
  });

  it('does not keep what was being read when everything was forgotten', async () => {
    const { caches, cache, get } = counted();
    const old = slow({ id: 'a', n: 1 });
    const reading = cache.get('a', old.load);
    caches.clear();
    old.end();
    await reading;
    expect(await get('a', { id: 'a', n: 2 })).toEqual({ id: 'a', n: 2 });
  });

  it('after two loads of one key at once a change still drops it', async () => {
    const { caches, cache, get } = counted();
    const loads = [slow({ id: 'a', n: 1 }), slow({ id: 'a', n: 1 })];
    const reading = loads.map(({ load }) => cache.get('a', load));
    for (const { end } of loads) end();
    await Promise.all(reading);
    caches.invalidate(['a']);
    expect(await get('a', { id: 'a', n: 2 })).toEqual({ id: 'a', n: 2 });
  });

  it('drops every value that depends on what changed, under whatever key it lies', async () => {
    const { caches, get } = counted();
    await get('by-id', { id: 'a', n: 1 });
    await get('by-key', { id: 'a', n: 1 });
    caches.invalidate(['a']);
    expect(await get('by-id', { id: 'a', n: 2 })).toMatchObject({ n: 2 });
    expect(await get('by-key', { id: 'a', n: 2 })).toMatchObject({ n: 2 });
  });

  it('forgets the least used ones first, and a change of a forgotten one harms nothing', async () => {
    const { caches, get, loads } = counted();
    for (const key of ['a', 'b', 'c', 'd']) await get(key);
    caches.invalidate(['a']);
    await get('d');
    expect(loads()).toBe(4);
    await get('a');
    expect(loads()).toBe(5);
    caches.invalidate(['a']);
    await get('a');
    expect(loads()).toBe(6);
  });

  it('a change reaches every cache of the process', async () => {
    const caches = createCaches(alone);
    const [one, two] = [
      caches.create<Thing>(9, ({ id }) => [id]),
      caches.create<Thing>(9, ({ id }) => [id]),
    ] as const;
    for (const cache of [one, two]) await cache.get('a', async () => ({ id: 'a', n: 1 }));
    caches.invalidate(['a']);
    for (const cache of [one, two]) {
      expect(await cache.get('a', async () => ({ id: 'a', n: 2 }))).toMatchObject({ n: 2 });
    }
  });

  it('that must be exact keeps nothing where other processes write', async () => {
    const { get, loads } = counted({ isShared: true, isUpToDate: () => true }, 3, true);
    await get('a');
    await get('a');
    expect(loads()).toBe(2);
  });

  it('gives nothing that it knows while it has not heard of what others change', async () => {
    let isUpToDate = true;
    const { get, loads } = counted({ isShared: true, isUpToDate: () => isUpToDate });
    await get('a');
    await get('a');
    expect(loads()).toBe(1);
    isUpToDate = false;
    await get('a');
    await get('b');
    expect(loads()).toBe(3);
    isUpToDate = true;
    await get('b');
    expect(loads()).toBe(4);
  });

  it('passes on a load that failed and keeps nothing of it', async () => {
    const { cache, get } = counted();
    await expect(cache.get('a', () => Promise.reject(new Error('no disk')))).rejects.toThrow('no disk');
    expect(await get('a')).toEqual({ id: 'a', n: 1 });
  });
});
