import type { newLicense } from '../../modules/licenses/index.ts';
import { dayMs, toTimestamp } from '../../platform/clock.ts';
import type { DemoProduct } from './products.ts';
import type { Random } from './random.ts';
import type { Story } from './stories.ts';

type Fields = Parameters<typeof newLicense>[0];

/** When a license works, if nobody stops it. Times in epoch milliseconds. */
export interface Terms {
  /** What its creator says. */
  readonly fields: Pick<Fields, 'starts_at' | 'expires_at' | 'duration_days'>;
  readonly starts_at: number;
  /** When it stops for good, or has stopped; infinity: not before it is renewed or never. */
  readonly ends_at: number;
  /** When it was renewed for another year, before it ended. */
  readonly renewed_at: readonly number[];
}

interface Moment {
  readonly created_at: number;
  readonly now: number;
}

const yearDays = 365;
const never = Number.POSITIVE_INFINITY;

/** Terms by which a license stands as its story wants it. */
export function termsOf(story: Story, product: DemoProduct, moment: Moment, random: Random): Terms {
  const { created_at, now } = moment;
  const { grace_days } = product.license_defaults;
  const usual = { fields: {}, starts_at: created_at, ends_at: never, renewed_at: [] };
  if (story.type === 'trial') return trialTerms(product, created_at);
  switch (story.outcome) {
    case 'not_started': {
      const starts_at = midnight(now + random.between(3, 60) * dayMs);
      return { ...usual, fields: { starts_at: toTimestamp(starts_at) }, starts_at };
    }
    case 'grace':
      return endedTerms(midnight(now - random.between(1, grace_days - 2) * dayMs), grace_days, created_at);
    case 'expired': {
      const daysMax = (now - created_at) / dayMs - grace_days - 2;
      return endedTerms(midnight(created_at + random.between(15, daysMax) * dayMs), grace_days, created_at);
    }
    default:
      return story.type === 'perpetual' ? usual : runningTerms(story, moment, random);
  }
}

const midnight = (at: number): number => Math.floor(at / dayMs) * dayMs;

function trialTerms(product: DemoProduct, created_at: number): Terms {
  const duration_days = product.license_defaults.trial_days ?? 0;
  const ends_at = created_at + duration_days * dayMs;
  return { fields: { duration_days }, starts_at: created_at, ends_at, renewed_at: [] };
}

function endedTerms(expires_at: number, graceDays: number, starts_at: number): Terms {
  const fields = { expires_at: toTimestamp(expires_at) };
  return { fields, starts_at, ends_at: expires_at + graceDays * dayMs, renewed_at: [] };
}

function runningTerms({ type }: Story, { created_at, now }: Moment, random: Random): Terms {
  const ageYears = Math.floor((now - created_at) / dayMs / yearDays);
  if (type === 'timed') {
    // Sold for as many years as it takes to be running still.
    const duration_days = (ageYears + 1) * yearDays;
    return { fields: { duration_days }, starts_at: created_at, ends_at: never, renewed_at: [] };
  }
  const renewed_at = Array.from({ length: ageYears }, (_year, index) =>
    Math.floor(created_at + ((index + 1) * yearDays - random.between(0.5, 12)) * dayMs),
  );
  const ends_at = created_at + (ageYears + 1) * yearDays * dayMs;
  return { fields: {}, starts_at: created_at, ends_at, renewed_at };
}
