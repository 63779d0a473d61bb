import type { Plan } from '@thrivetech/contracts';
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
  readonly created_at: number;
}

/** A new account. Only the operator makes one: there is no procedure for it. */
export function newAccount(
  fields: { name: string; plan_code: string; rate_per_minute?: number; rate_per_hour?: number },
  origin: { id: string; now: number },
): AccountRecord {
  return {
    id: origin.id,
    name: fields.name,
    plan_code: fields.plan_code,
    rate_per_minute: fields.rate_per_minute ?? null,
    rate_per_hour: fields.rate_per_hour ?? null,
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
