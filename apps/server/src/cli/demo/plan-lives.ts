import { dayMs, minuteMs } from '../../platform/clock.ts';
import { createClientele } from './clientele.ts';
import { type Life, planLife } from './life.ts';
import type { DemoProduct } from './products.ts';
import { type Random, seededRandom } from './random.ts';
import { dealStories, productFor } from './stories.ts';

const storyDays = 730;
/** So many times as many licenses are sold at the end of the story as at its beginning. */
const growth = 25;
/** Nothing is as new as this, so that all that happens to a license is in the past. */
const newestAgeMs = 2 * minuteMs;

/** When the vendor's story begins: 24 months ago. */
export const beginOf = (now: number): number => now - storyDays * dayMs;

/** When a product was retired; null: it is still sold. */
export function retiredAt({ retiredAfter }: DemoProduct, now: number): number | null {
  return retiredAfter === undefined ? null : beginOf(now) + Math.floor(storyDays * retiredAfter) * dayMs;
}

/**
 * Plans the lives of so many licenses, oldest first. The same seed gives the same ones, as old at any `now`. One at a
 * time: a million take no more memory than one.
 */
export function* planLives(options: { seed: number; count: number; now: number }): Generator<Life> {
  const { seed, count, now } = options;
  const begin = beginOf(now);
  const times = seededRandom(seed, 'times');
  const lives = seededRandom(seed, 'lives');
  const buyerAt = createClientele(seededRandom(seed, 'buyers'));

  let index = 0;
  for (const story of dealStories(count, seededRandom(seed, 'stories'))) {
    const created_at = creationTime(index++, count, now, times);
    const isRetired = (product: DemoProduct) => created_at >= (retiredAt(product, now) ?? now);
    const product = productFor(story.type, lives, isRetired);
    // Trials begin on a machine; nobody knows whose.
    const buyer = story.type === 'trial' ? null : buyerAt(created_at);
    yield planLife({ story, product, created_at, buyer, begin, now }, lives);
  }
}

/** Sales grow by the same share every month. The first day is for setting up. */
function creationTime(index: number, count: number, now: number, random: Random): number {
  const share = (index + random.next()) / count;
  const from = beginOf(now) + dayMs;
  const elapsed = Math.log1p(share * (growth - 1)) / Math.log(growth);
  return Math.floor(from + (now - newestAgeMs - from) * elapsed);
}
