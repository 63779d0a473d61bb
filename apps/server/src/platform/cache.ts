import { LRUCache } from 'lru-cache';

/**
 * Keeps what was read until a transaction changes it. Exact in one process: whoever changes a row says so after its
 * commit and before its caller hears of it, so nobody who knows of a change can meet the old value.
 */
export interface ReadCache<Value extends object> {
  /** The value of a key, loaded when it is not there. What was not found is not remembered. */
  get(key: string, load: () => Promise<Value | null>): Promise<Value | null>;
}

/** The caches of a process, and how they are told of changes. */
export interface Caches {
  /** @param tagsOf name what a value depends on: a change of any drops the value. */
  create<Value extends object>(
    entriesMax: number,
    tagsOf: (value: Value) => readonly string[],
  ): ReadCache<Value>;
  /** These things were changed by a committed transaction. */
  invalidate(tags: Iterable<string>): void;
  /** Anything may have changed: another process has written. */
  clear(): void;
}

/** @param isEnabled false where other processes write without this one noticing at once. */
export function createCaches(isEnabled: boolean): Caches {
  const dropTag: ((tag: string) => void)[] = [];
  const dropAll: (() => void)[] = [];
  let generation = 0;

  return {
    create<Value extends object>(
      entriesMax: number,
      tagsOf: (value: Value) => readonly string[],
    ): ReadCache<Value> {
      const keysByTag = new Map<string, Set<string>>();
      const entries = new LRUCache<string, Value>({
        max: entriesMax,
        dispose: (value, key) => {
          for (const tag of tagsOf(value)) {
            const keys = keysByTag.get(tag);
            if (keys?.delete(key) && keys.size === 0) keysByTag.delete(tag);
          }
        },
      });
      dropTag.push((tag) => {
        for (const key of [...(keysByTag.get(tag) ?? [])]) entries.delete(key);
      });
      dropAll.push(() => entries.clear());

      return {
        async get(key, load) {
          const known = entries.get(key);
          if (known !== undefined) return known;
          const before = generation;
          const value = await load();
          // Read before a commit and arriving after it, a value would be stale and stay: it is used, but not kept.
          if (value !== null && isEnabled && before === generation) {
            entries.set(key, value);
            for (const tag of tagsOf(value)) {
              keysByTag.set(tag, (keysByTag.get(tag) ?? new Set()).add(key));
            }
          }
          return value;
        },
      };
    },
    invalidate(tags) {
      generation += 1;
      for (const tag of tags) for (const drop of dropTag) drop(tag);
    },
    clear() {
      generation += 1;
      for (const drop of dropAll) drop();
    },
  };
}
