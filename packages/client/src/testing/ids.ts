import { encodeCrockford } from '@thrivetech/lease';
import { randomBytes } from './web-crypto.ts';

export type IdPrefix = 'dev' | 'lea' | 'lic' | 'prd' | 'req';

/** A new id, `lic_01k9…`: 48 bits of milliseconds, then 80 random bits, so that ids rise with time. */
export function newId(prefix: IdPrefix, now: number): string {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(now) << 16n);
  bytes.set(randomBytes(10), 6);
  return `${prefix}_${encodeCrockford(bytes).toLowerCase()}`;
}
