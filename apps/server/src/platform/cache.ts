import { LRUCache } from 'lru-cache';

/**
 * Keeps what was read until a transaction changes it. Exact in one process: whoever changes a row says so after its
 * commit and before its caller hears of it, so nobody who knows of a change can meet the old value. Of what other
 * processes change it hears within a second.
 */
export interface ReadCache<Value extends object> {
  /** The value of a key, loaded when it is not there. What was not found is not remembered. */
  get(key: string, load: () => Promise<Value | null>): Promise<Value | null>;
}

/** The caches of a process, and how they are told of changes. */
export interface Caches {
  /**
   * @param tagsOf name what a value depends on: a change of any drops the value.
   * @param mustBeExact nothing is kept where another process may change it: a second is too long.
   */
  create<Value extends object>(
    entriesMax: number,
    tagsOf: (value: Value) => readonly string[],
    mustBeExact?: boolean,
  ): ReadCache<Value>;
  /** These things were changed by a committed transaction. */
  invalidate(tags: Iterable<string>): void;
  /** Anything may have changed: another process has written. */
  clear(): void;
}

/**
 * @param options.isShared do other processes write to the same database?
 * @param options.isUpToDate has this one heard of all that they changed until a second ago? If not, nothing is kept.
 */
export function createCaches({
  isShared,
  isUpToDate,
}: {
  isShared: boolean;
  isUpToDate: () => boolean;
}): Caches {
  const dropTag: ((tag: string) => void)[] = [];
  const dropAll: (() => void)[] = [];
  let generation = 0;

  return {
    create<Value extends object>(
      entriesMax: number,
      tagsOf: (value: Value) => readonly string[],
      mustBeExact = false,
    ): ReadCache<Value> {
      const isEnabled = !(isShared && mustBeExact);
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
          const known = isEnabled && isUpToDate() ? entries.get(key) : undefined;
          if (known !== undefined) return known;
          const before = generation;
          const value = await load();
          // Read before a commit and arriving after it, a value would be stale and stay: it is used, but not kept.
          if (value !== null && isEnabled && before === generation && isUpToDate()) {
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
