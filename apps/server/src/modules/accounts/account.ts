import type { Plan, Subscription } from '@thrivetech/contracts';
import { hourMs, minuteMs } from '../../platform/clock.ts';
import type { RateWindow } from '../../platform/rate-limit/rate-limiter.ts';

/** The vendor, the tenant: everything belongs to exactly one account. */
export interface AccountRecord {
  readonly id: string;
  readonly name: string;
  readonly plan_code: string;
  /** Rates of the account's own contract; null: the plan's. */
  readonly rate_per_minute: number | null;
  readonly rate_per_hour: number | null;
  /** The live subscription, or the one that ended last. */
  readonly subscription_id: string | null;
  /** The time of a test account, which its owner moves; null: the account lives in real time. */
  readonly test_now: number | null;
  readonly created_at: number;
}

/** An account and how it stands with its subscription. */
export interface AccountStanding extends AccountRecord {
  /** Null: it never had one. */
  readonly subscription_status: Subscription['status'] | null;
  readonly ended_at: number | null;
}

/** What time it is for an account. */
export const accountNow = ({ test_now }: Pick<AccountRecord, 'test_now'>, now: number): number =>
  test_now ?? now;

/** A new account. Only the operator makes one: there is no procedure for it. */
export function newAccount(
  fields: {
    name: string;
    plan_code: string;
    rate_per_minute?: number;
    rate_per_hour?: number;
    is_test?: boolean;
  },
  origin: { id: string; now: number },
): AccountRecord {
  return {
    id: origin.id,
    name: fields.name,
    plan_code: fields.plan_code,
    rate_per_minute: fields.rate_per_minute ?? null,
    rate_per_hour: fields.rate_per_hour ?? null,
    subscription_id: null,
    test_now: fields.is_test ? origin.now : null,
    created_at: origin.now,
  };
}

/** What a custom plan without a contract gets: enough for one machine at full speed, and still a bound. */
const contractRateUsual = { perMinute: 1_000_000, perHour: 60_000_000 };

/** How often an account may call. Its contract goes before its plan. */
export function rateWindows(
  account: Pick<AccountRecord, 'rate_per_minute' | 'rate_per_hour'>,
  plan: Plan | null,
): RateWindow[] {
  const perMinute = account.rate_per_minute ?? plan?.rate_limits.per_minute ?? contractRateUsual.perMinute;
  const perHour = account.rate_per_hour ?? plan?.rate_limits.per_hour ?? contractRateUsual.perHour;
  return [
    { limit: perMinute, lengthMs: minuteMs },
    { limit: perHour, lengthMs: hourMs },
  ];
}
