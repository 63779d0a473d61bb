import { minuteMs } from '../../platform/clock.ts';
import { companyName, fictionalPhone, type Person, personAt } from './names.ts';
import type { Random } from './random.ts';

/** Somebody who buys, before there is an id. */
export interface Buyer extends Person {
  readonly company: string | null;
  readonly phone: string | null;
  readonly metadata: Record<string, string>;
  readonly created_at: number;
}

/** Buyers that may come again. No more are remembered, however many there were. */
const rememberedBuyersMax = 500;
const comesAgain = 0.6;

/** Gives the buyer of each license: often one that bought before. */
export function createClientele(random: Random): (bought_at: number) => Buyer {
  const remembered: Buyer[] = [];
  let number = random.below(10_000);
  return (bought_at) => {
    if (remembered.length > 0 && random.chance(comesAgain)) return random.pick(remembered);
    const buyer = newBuyer(number++, bought_at, random);
    if (remembered.length < rememberedBuyersMax) remembered.push(buyer);
    else remembered[random.below(rememberedBuyersMax)] = buyer;
    return buyer;
  };
}

function newBuyer(number: number, bought_at: number, random: Random): Buyer {
  const isCompany = random.chance(0.6);
  return {
    ...personAt(number),
    company: isCompany ? companyName(random) : null,
    phone: random.chance(0.3) ? fictionalPhone(random) : null,
    metadata: isCompany ? { segment: random.pick(['small', 'medium', 'large', 'education']) } : {},
    created_at: bought_at - Math.floor(random.between(1, 20) * minuteMs),
  };
}
