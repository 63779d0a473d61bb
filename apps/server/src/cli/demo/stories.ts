import type { LicenseType } from '@thrivetech/contracts';
import { dayMs } from '../../platform/clock.ts';
import { type DemoProduct, photoStudio, productsOfType } from './products.ts';
import { type Random, shuffled } from './random.ts';

/** How a license stands at the end of its story. */
export type Outcome = 'running' | 'grace' | 'expired' | 'suspended' | 'revoked' | 'not_started';

/** A kind of license and what becomes of it. */
export interface Story {
  readonly type: LicenseType;
  readonly outcome: Outcome;
}

/** Of a hundred licenses so many have this story; all others are running. */
const stories: readonly (Story & { readonly inHundred: number })[] = [
  { type: 'perpetual', outcome: 'running', inHundred: 20 },
  { type: 'subscription', outcome: 'running', inHundred: 17 },
  { type: 'trial', outcome: 'expired', inHundred: 17 },
  { type: 'timed', outcome: 'running', inHundred: 9 },
  { type: 'floating', outcome: 'running', inHundred: 4 },
  { type: 'trial', outcome: 'running', inHundred: 3 },
  { type: 'timed', outcome: 'expired', inHundred: 6 },
  { type: 'subscription', outcome: 'grace', inHundred: 2 },
  { type: 'perpetual', outcome: 'revoked', inHundred: 2 },
  { type: 'subscription', outcome: 'suspended', inHundred: 2 },
  { type: 'perpetual', outcome: 'not_started', inHundred: 1 },
  { type: 'subscription', outcome: 'expired', inHundred: 3 },
  { type: 'timed', outcome: 'grace', inHundred: 1 },
  { type: 'timed', outcome: 'suspended', inHundred: 1 },
  { type: 'timed', outcome: 'revoked', inHundred: 1 },
  { type: 'timed', outcome: 'not_started', inHundred: 1 },
  { type: 'subscription', outcome: 'revoked', inHundred: 1 },
  { type: 'subscription', outcome: 'not_started', inHundred: 1 },
  { type: 'floating', outcome: 'grace', inHundred: 1 },
  { type: 'floating', outcome: 'expired', inHundred: 1 },
  { type: 'floating', outcome: 'suspended', inHundred: 1 },
  { type: 'floating', outcome: 'revoked', inHundred: 1 },
  { type: 'floating', outcome: 'not_started', inHundred: 1 },
  { type: 'perpetual', outcome: 'suspended', inHundred: 1 },
  { type: 'trial', outcome: 'suspended', inHundred: 1 },
  { type: 'trial', outcome: 'revoked', inHundred: 1 },
];

/** Every story once, then again as often as is left of it: whoever takes a few from the front gets many kinds. */
const deck: readonly Story[] = [
  ...stories,
  ...stories.flatMap((story) => Array<Story>(story.inHundred - 1).fill(story)),
];

/**
 * The stories of so many licenses, in the order in which these are made. Each hundred has every story. In the last hand,
 * which is the largest, those that need a new license come last, so that there are some that really are new.
 */
export function* dealStories(count: number, random: Random): Generator<Story> {
  for (let left = count; left > 0; ) {
    const isLast = left < 2 * deck.length;
    const hand = shuffled(isLast ? [...deck, ...deck].slice(0, left) : deck, random);
    yield* isLast ? hand.sort((a, b) => youth(a) - youth(b)) : hand;
    left -= hand.length;
  }
}

/** How new a license must be for its story. The last of all is hardly older than a week, even of thirty. */
function youth({ type, outcome }: Story): number {
  if (type === 'trial' && outcome === 'running') return 2;
  if (outcome === 'not_started') return 1;
  return outcome === 'expired' || outcome === 'grace' ? -1 : 0;
}

/** What is sold for a story at a moment. @param isRetired can this product not be had any more? */
export function productFor(
  type: LicenseType,
  random: Random,
  isRetired: (product: DemoProduct) => boolean,
): DemoProduct {
  const product = random.pick(productsOfType[type]);
  return isRetired(product) ? photoStudio : product;
}

const announcedDaysMax = 45;

/** What can become of a license by its age: one of yesterday has not expired, one of last year has long started. */
export function possibleOutcome({ type, outcome }: Story, product: DemoProduct, ageMs: number): Outcome {
  const ageDays = ageMs / dayMs;
  const { grace_days, trial_days } = product.license_defaults;
  if (type === 'trial' && (outcome === 'running' || outcome === 'expired')) {
    return ageDays < (trial_days ?? 0) ? 'running' : 'expired';
  }
  const isPossible =
    (outcome !== 'not_started' || ageDays <= announcedDaysMax) &&
    (outcome !== 'grace' || ageDays > grace_days + 5) &&
    (outcome !== 'expired' || ageDays > grace_days + 20);
  return isPossible ? outcome : 'running';
}
