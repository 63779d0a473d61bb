import type { newLicense } from '../../modules/licenses/index.ts';
import { dayMs } from '../../platform/clock.ts';
import type { Buyer } from './clientele.ts';
import { personAt } from './names.ts';
import type { DemoProduct } from './products.ts';
import type { Random } from './random.ts';
import { planStays, type Stay } from './stays.ts';
import { possibleOutcome, type Story } from './stories.ts';
import { type Terms, termsOf } from './terms.ts';

/** Something that happened to a license after it was made. Times in epoch milliseconds. */
export type Turn =
  | { readonly at: number; readonly what: 'activated' | 'left'; readonly stay: Stay }
  | { readonly at: number; readonly what: 'renewed' | 'expired' }
  | { readonly at: number; readonly what: 'suspended' | 'reinstated' | 'revoked'; readonly reason: string };

/** The life of a license as values alone: no id, no key, nothing written. */
export interface Life {
  readonly story: Story;
  readonly product: DemoProduct;
  readonly created_at: number;
  readonly buyer: Buyer | null;
  readonly fields: Parameters<typeof newLicense>[0];
  /** In the order of time. */
  readonly turns: readonly Turn[];
}

/** What is known before a life is planned. */
export interface LifeSetting {
  readonly story: Story;
  readonly product: DemoProduct;
  readonly created_at: number;
  readonly buyer: Buyer | null;
  readonly begin: number;
  readonly now: number;
}

const reasons = {
  suspended: ['Payment disputed', 'Invoice overdue', 'Key found in a forum'],
  reinstated: ['Invoice paid', 'Dispute settled'],
  revoked: ['Refunded', 'Charged back', 'Bought twice by mistake'],
} as const;

export function planLife(setting: LifeSetting, random: Random): Life {
  const { product, created_at, buyer, begin, now } = setting;
  const { type } = setting.story;
  const story = { type, outcome: possibleOutcome(setting.story, product, now - created_at) };
  const terms = termsOf(story, product, { created_at, now }, random);
  const fields = { type, ...terms.fields, ...extras(story, product, random) };
  const blocked = blockOf(story, terms, now, random);
  const until = Math.min(now, terms.ends_at, blocked?.at ?? now);
  const stays = planStays(
    {
      product,
      user: buyer?.firstName ?? personAt(random.below(1_000_000)).firstName,
      isTrial: type === 'trial',
      isFloating: type === 'floating',
      seats: seatsOf(story, fields.device_limit, random),
      terms,
      until,
      now,
      begin,
    },
    random,
  );
  const turns: Turn[] = [
    ...stays.flatMap((stay): Turn[] => [
      { at: stay.activated_at, what: 'activated', stay },
      ...(stay.left_at === null ? [] : [{ at: stay.left_at, what: 'left' as const, stay }]),
    ]),
    ...terms.renewed_at.filter((at) => at < until).map((at): Turn => ({ at, what: 'renewed' })),
    ...(blocked ? [blocked] : story.outcome === 'running' ? interruption(stays, terms, now, random) : []),
    ...(story.outcome === 'expired' ? [{ at: terms.ends_at, what: 'expired' as const }] : []),
  ];
  return { story, product, created_at, buyer, fields, turns: turns.sort((a, b) => a.at - b.at) };
}

/** What a creator gives beside the terms. */
function extras({ type }: Story, { license_defaults }: DemoProduct, random: Random) {
  const device_limit = deviceLimit(type, license_defaults.device_limit, random);
  if (type === 'trial') return { device_limit };
  return {
    device_limit,
    metadata: { order: `A-${random.text('0123456789', 6)}` },
    ...(random.chance(0.15) && { features: { edition: random.pick(['pro', 'team']) } }),
    ...(random.chance(0.05) && {
      notes: random.pick(['Sold by a partner', 'Asked for an invoice by post', 'Upgraded by support']),
    }),
  };
}

function deviceLimit(type: Story['type'], usual: number, random: Random): number {
  if (type === 'trial') return 1;
  if (type === 'floating') return usual + random.below(3);
  return random.chance(0.15) ? usual + random.pick([1, 1, 2, 3]) : usual;
}

/** Seats that are in use: none yet, some, or all there are. */
function seatsOf({ type, outcome }: Story, limit: number, random: Random): number {
  if (outcome === 'not_started') return 0;
  if (type === 'trial') return 1;
  if (random.chance(0.25)) return 0;
  return random.chance(0.3) ? limit : 1 + random.below(type === 'floating' ? limit - 1 : 1);
}

/** A suspension or revocation that stands to this day. */
function blockOf({ outcome }: Story, terms: Terms, now: number, random: Random) {
  if (outcome !== 'suspended' && outcome !== 'revoked') return null;
  const time = Math.min(now, terms.ends_at) - terms.starts_at;
  const at =
    outcome === 'revoked'
      ? // Who wants the money back wants it soon.
        terms.starts_at + Math.min(time, 45 * dayMs) * random.between(0.1, 0.9)
      : terms.starts_at + time - Math.min(time, 60 * dayMs) * random.between(0.1, 0.9);
  return { at: Math.floor(at), what: outcome, reason: random.pick(reasons[outcome]) };
}

/** Now and then a license was suspended for a while, when its machines had been activated. */
function interruption(stays: readonly Stay[], terms: Terms, now: number, random: Random): Turn[] {
  const quiet = Math.max(
    terms.starts_at,
    ...stays.map(({ activated_at, left_at }) => left_at ?? activated_at),
  );
  const time = now - quiet;
  if (time < 60 * dayMs || !random.chance(0.03)) return [];
  const at = Math.floor(quiet + time * random.between(0.2, 0.5));
  const back = Math.floor(at + random.between(1, 20) * dayMs);
  return [
    { at, what: 'suspended', reason: random.pick(reasons.suspended) },
    { at: back, what: 'reinstated', reason: random.pick(reasons.reinstated) },
  ];
}
