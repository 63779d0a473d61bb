import { randomBytes } from 'node:crypto';
import { type IdKind, idPrefixes } from '@thrivetech/contracts';
import { encodeCrockford } from '@thrivetech/lease';

/** Gives `length` random bytes. Injected, so that tests can make a run repeatable. */
export type RandomBytes = (length: number) => Uint8Array;

/** Makes a new id of a kind: `lic_01k9…`. */
export type NewId = (kind: IdKind, now: number) => string;

/**
 * Ids rise with time (48 bits of milliseconds, then 80 random bits): new rows land at the end of their index,
 * and id order is creation order.
 */
export function createNewId(random: RandomBytes = pooledRandomBytes()): NewId {
  return (kind, now) => {
    const bytes = new Uint8Array(16);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(now) << 16n);
    bytes.set(random(10), 6);
    return `${idPrefixes[kind]}_${encodeCrockford(bytes).toLowerCase()}`;
  };
}

const poolBytes = 4096;

/** Each call to the operating system's randomness costs more than the rest of an id: bytes for many ids are fetched at once. */
function pooledRandomBytes(): RandomBytes {
  let pool = randomBytes(poolBytes);
  let used = 0;
  return (length) => {
    if (used + length > pool.length) {
      pool = randomBytes(poolBytes);
      used = 0;
    }
    used += length;
    return pool.subarray(used - length, used);
  };
}
