import type { BillingInterval } from '@thrivetech/contracts';

const monthsIn: Readonly<Record<BillingInterval, number>> = { month: 1, year: 12 };

/**
 * When a period begins, epoch milliseconds: so many calendar months after the anchor, UTC, at its time of day, on the
 * month's last day where it has no such day. Always counted from the anchor: Jan 31, Feb 28, Mar 31 (billing.md).
 */
export function periodStart(anchor: number, interval: BillingInterval, index: number): number {
  const start = new Date(anchor);
  const day = start.getUTCDate();
  const month = start.getUTCMonth() + index * monthsIn[interval];
  start.setUTCFullYear(start.getUTCFullYear(), month + 1, 0);
  return start.setUTCDate(Math.min(day, start.getUTCDate()));
}

/** When a period ends, epoch milliseconds: the moment at which the next one begins. */
export const periodEnd = (anchor: number, interval: BillingInterval, index: number): number =>
  periodStart(anchor, interval, index + 1);

/**
 * The period that holds a moment; its start belongs to it, its end to the next one.
 *
 * @throws {RangeError} for a moment before the anchor, which lies in no period.
 */
export function periodIndexAt(anchor: number, interval: BillingInterval, at: number): number {
  if (!(at >= anchor)) throw new RangeError(`${at} lies before the anchor ${anchor}.`);
  const [from, to] = [new Date(anchor), new Date(at)];
  const years = to.getUTCFullYear() - from.getUTCFullYear();
  const months = 12 * years + to.getUTCMonth() - from.getUTCMonth();
  const index = Math.floor(months / monthsIn[interval]);
  // The only one that begins in the month of `at`, or the last before it: the next begins in a later month.
  return periodStart(anchor, interval, index) <= at ? index : index - 1;
}
