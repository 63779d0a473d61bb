import { secondMs } from '../../platform/clock.ts';
import { halfUp } from './money.ts';

/** A change of price within a period. Prices in minor units for the whole period, times in epoch milliseconds. */
export interface PriceChange {
  readonly oldPrice: number;
  readonly newPrice: number;
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly at: number;
}

/**
 * What the rest of a period is worth at the old and at the new full price, in minor units, by whole seconds and each
 * rounded half up for itself (billing.md). Both are zero or more; they are two lines, never netted.
 *
 * @throws {RangeError} for a moment outside the period (its end is outside), a period under a second, and a price that
 *   is not whole.
 */
export function prorate({ oldPrice, newPrice, periodStart, periodEnd, at }: PriceChange): {
  credit: number;
  charge: number;
} {
  if (!(at >= periodStart && at < periodEnd)) {
    throw new RangeError(`${at} lies outside the period from ${periodStart} to ${periodEnd}.`);
  }
  const remaining = wholeSeconds(periodEnd - at);
  const total = wholeSeconds(periodEnd - periodStart);
  const shareOf = (price: number) => Number(halfUp(BigInt(price) * remaining, total));
  return { credit: shareOf(oldPrice), charge: shareOf(newPrice) };
}

const wholeSeconds = (durationMs: number): bigint => BigInt(Math.floor(durationMs / secondMs));
