import type { BillingInterval, InvoiceLine } from '@thrivetech/contracts';
import { AppError, conflict, invalid } from '../../platform/app-error.ts';
import { fromTimestamp, minuteMs, toTimestamp } from '../../platform/clock.ts';
import { periodEnd } from '../../platform/periods.ts';
import type { Billing, BillingRepositories } from './billing-context.ts';
import { creditFor } from './billing-profile.ts';
import { choosePlan, directionFor } from './choose-plan.ts';
import { sumOf } from './money.ts';
import { prorate } from './proration.ts';
import type { PricedPlan, PricedSubscription } from './subscription.ts';

/** So long a quote is charged as it was told (billing.md). */
export const quoteLastsMs = 10 * minuteMs;

/** An upgrade and what it costs. Minor units. */
export interface PricedUpgrade {
  readonly to: PricedPlan;
  /** The moment for which it is priced. */
  readonly at: number;
  readonly period_end: number;
  readonly lines: readonly InvoiceLine[];
  readonly total: number;
  readonly credit_applied: number;
  readonly amount_due: number;
}

/**
 * What an upgrade costs.
 *
 * @throws {AppError} RESOURCE_NOT_FOUND, CONFLICT and VALIDATION_ERROR for a plan or a quote that does not fit;
 *   PAYMENT_REQUIRED while an earlier invoice is open: its period is not paid, so nothing of it can be credited.
 */
export async function priceUpgrade(
  billing: Pick<Billing, 'plans'>,
  repositories: Pick<BillingRepositories, 'planContracts' | 'billingProfiles' | 'invoices'>,
  from: PricedSubscription,
  wanted: {
    plan_code: string;
    interval?: BillingInterval | undefined;
    proration_date?: string | undefined;
  },
  now: number,
): Promise<PricedUpgrade> {
  const { account_id, status, currency } = from;
  const interval = wanted.interval ?? from.interval;
  const chosen = await choosePlan(billing, repositories, account_id, {
    ...{ plan_code: wanted.plan_code, interval, currency },
  });
  const direction = directionFor(billing, from, chosen);
  if (direction === 'same') throw conflict('same_plan', 'The subscription is on this plan already.');
  if (direction === 'down') throw invalid('plan_code', 'is no upgrade; use downgrade');
  if (from.interval === 'year' && interval === 'month') {
    throw invalid('interval', 'cannot get shorter by an upgrade; upgrade first, then downgrade to months');
  }
  // Also while nobody knows yet whether a renewal is paid: what is not paid cannot be credited.
  const open = status === 'trialing' ? null : await repositories.invoices.findOpen(account_id);
  if (open !== null || (status !== 'active' && status !== 'trialing')) {
    throw new AppError('PAYMENT_REQUIRED', {
      message: 'Pay the open invoice first.',
      details: { reason: 'invoice_open', invoice_id: open },
    });
  }
  if (now >= from.current_period_end) {
    throw conflict(
      'renewal_due',
      'The period has just ended, and the next one is about to begin; ask again in a minute.',
    );
  }
  const to = chosen.priced;
  const at = quotedAt(from, wanted.proration_date, now);
  const nameOf = (code: string) => billing.plans.find(code)?.name ?? code;
  const { lines, period_end } =
    status === 'trialing'
      ? { lines: [], period_end: from.current_period_end }
      : linesOf(from, to, at, nameOf);
  const total = sumOf(lines.map(({ amount }) => amount));
  const profile = await repositories.billingProfiles.find(account_id);
  const credit_applied = creditFor(profile, to.currency, Math.max(0, total));
  const amount_due = Math.max(0, total) - credit_applied;
  return { to, at, period_end, lines, total, credit_applied, amount_due };
}

/** @throws {AppError} CONFLICT when the quote is too old, or the subscription has changed since. */
function quotedAt(from: PricedSubscription, proration_date: string | undefined, now: number): number {
  // By a clock that is a little behind, it is not before the period.
  if (proration_date === undefined) return Math.max(now, from.current_period_start);
  const at = fromTimestamp(proration_date);
  if (at > now) throw invalid('proration_date', 'must not lie in the future');
  if (at < now - quoteLastsMs || at < from.updated_at || at < from.current_period_start) {
    throw conflict('quote_expired', 'This quote does not hold any more; ask for a new one with `dry_run`.');
  }
  return at;
}

/** Credit and charge are two lines, never netted (billing.md). */
function linesOf(
  from: PricedSubscription,
  to: PricedPlan,
  at: number,
  nameOf: (plan_code: string) => string,
): { lines: InvoiceLine[]; period_end: number } {
  const { current_period_start: periodStart, current_period_end } = from;
  const isSameInterval = from.interval === to.interval;
  const { credit, charge } = prorate({
    ...{ oldPrice: from.price, newPrice: to.price },
    ...{ periodStart, periodEnd: current_period_end, at },
  });
  // Another interval begins a new period: the whole of it is charged, and what is left of the old one credited.
  const period_end = isSameInterval ? current_period_end : periodEnd(at, to.interval, 0);
  const line = (
    kind: InvoiceLine['kind'],
    { plan_code, interval }: PricedPlan,
    end: number,
    amount: number,
  ): InvoiceLine => ({
    kind,
    description: `${kind === 'proration_credit' ? 'Unused time on' : 'Remaining time on'} ${nameOf(plan_code)}`,
    ...{ plan_code, interval, amount, period_start: toTimestamp(at), period_end: toTimestamp(end) },
  });
  const charged = line('proration_charge', to, period_end, isSameInterval ? charge : to.price);
  const description = `${nameOf(to.plan_code)}, one ${to.interval}`;
  return {
    // A credit of nothing is 0, not -0, which JSON and databases tell apart.
    lines: [
      line('proration_credit', from, current_period_end, 0 - credit),
      isSameInterval ? charged : { ...charged, kind: 'subscription', description },
    ],
    period_end,
  };
}
