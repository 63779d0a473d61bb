import type { DeviceInput } from '@thrivetech/contracts';
import { FLOATING_LEASE } from '@thrivetech/lease';
import { dayMs, minuteMs, secondMs } from '../../platform/clock.ts';
import { machineOf } from './machines.ts';
import { type DemoProduct, versionOf } from './products.ts';
import type { Random } from './random.ts';
import type { Terms } from './terms.ts';

/** A machine on a seat, from its activation until it left or to this day. Times in epoch milliseconds. */
export interface Stay {
  readonly seat: number;
  readonly machine: DeviceInput;
  readonly activated_at: number;
  readonly last_seen_at: number;
  /** When it gave the seat back; null: it is still there when the license comes to its end. */
  readonly left_at: number | null;
  /** Did support take it off, rather than the app itself? */
  readonly wasRemoved: boolean;
  /** When a floating seat is free for others; null: the seat is the machine's own. */
  readonly seat_expires_at: number | null;
}

/** All that a machine's stay depends on. */
export interface StaySetting {
  readonly product: DemoProduct;
  readonly user: string;
  readonly isTrial: boolean;
  readonly isFloating: boolean;
  readonly seats: number;
  readonly terms: Terms;
  /** From when on nobody can activate or validate: the end, a suspension, or now. */
  readonly until: number;
  readonly now: number;
  /** When the vendor's story began. */
  readonly begin: number;
}

/** Seats one after the other; each machine that moves leaves its seat to the next. */
export function planStays(setting: StaySetting, random: Random): Stay[] {
  const stays: Stay[] = [];
  for (let seat = 1; seat <= setting.seats; seat++) stays.push(...staysOnSeat(seat, setting, random));
  return stays;
}

function staysOnSeat(seat: number, setting: StaySetting, random: Random): Stay[] {
  const { terms, until, isTrial } = setting;
  // People begin soon; colleagues come later. A trial begins with its first machine.
  const hurry = seat === 1 ? 3 * dayMs : 200 * dayMs;
  const first = isTrial
    ? terms.starts_at
    : somewhere(terms.starts_at, Math.min(hurry, until - terms.starts_at), random);
  const time = until - first;
  if (isTrial || time < 10 * dayMs || !random.chance(0.12)) return [stay(seat, first, null, setting, random)];
  const left_at = Math.floor(first + time * random.between(0.2, 0.8));
  const before = stay(seat, first, left_at, setting, random);
  if (random.chance(0.4)) return [before];
  const next = somewhere(left_at, Math.min(5 * dayMs, until - left_at), random);
  return [before, stay(seat, next, null, setting, random)];
}

/** A moment within a time, more likely at its beginning. */
const somewhere = (from: number, lengthMs: number, random: Random): number =>
  Math.floor(from + lengthMs * random.next() ** 2);

function stay(
  seat: number,
  activated_at: number,
  left_at: number | null,
  setting: StaySetting,
  random: Random,
): Stay {
  const last_seen_at = lastSeen(activated_at, left_at ?? setting.until, setting, random);
  const version = versionOf(setting.product, last_seen_at - setting.begin, random.below(4));
  return {
    seat,
    machine: machineOf(setting.user, version, random),
    activated_at,
    last_seen_at,
    left_at,
    wasRemoved: left_at !== null && random.chance(0.3),
    seat_expires_at: setting.isFloating
      ? Math.min(last_seen_at + FLOATING_LEASE.leaseSeconds * secondMs, setting.terms.ends_at)
      : null,
  };
}

/** Most were there lately, some not for long; of the floating ones only those of this minute hold their seat. */
function lastSeen(activated_at: number, until: number, setting: StaySetting, random: Random): number {
  const time = until - activated_at;
  const isHere = setting.isFloating && until === setting.now && random.chance(0.5);
  const awayMsMax = isHere ? 8 * minuteMs : random.chance(0.85) ? 6 * dayMs : time;
  return Math.floor(until - Math.min(time, awayMsMax) * random.next());
}
