const DAY = 86_400;

/** Seconds. A machine that owns its seat. */
export const NODE_LOCKED_LEASE = { leaseSeconds: 14 * DAY, graceSeconds: 7 * DAY } as const;

/** Seconds. No grace: the seat goes to someone else once the lease ends, so use must end with it. */
export const FLOATING_LEASE = { leaseSeconds: 600, graceSeconds: 0 } as const;

/** Seconds; the claims `pol.skew` and `pol.rollback`. */
export const CLOCK_POLICY = { skew: 300, rollback: DAY } as const;

export interface LeaseTerms {
  /** Epoch seconds; fractions, as of a clock in milliseconds, are cut off. */
  readonly now: number;
  readonly leaseSeconds?: number;
  readonly graceSeconds?: number;
  /** License expiry plus license grace in epoch seconds; null: never. */
  readonly licenseHardEnd: number | null;
  /** Random, 0 to 1: spreads the refreshes of machines that were all installed on one morning. */
  readonly jitter: number;
}

/** Epoch seconds; `refresh` counts from `iat`, `grace` from `exp`. */
export interface LeaseTimes {
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly refresh: number;
  readonly grace: number;
}

/**
 * The times of a new lease. `exp` + `grace` never passes the license's hard end: the license's own grace is
 * the mercy its seller granted, and a second one on top of it would be use nobody sold. Refresh is due after
 * half the lease, give or take a tenth of that half. Throws RangeError when the license has already ended:
 * state must be judged before.
 */
export function leaseTimes(terms: LeaseTerms): LeaseTimes {
  const { leaseSeconds, graceSeconds } = { ...NODE_LOCKED_LEASE, ...terms };
  const hardEnd = Math.floor(terms.licenseHardEnd ?? Number.POSITIVE_INFINITY);
  const iat = Math.floor(terms.now);
  if (iat >= hardEnd) throw new RangeError('a license that has ended gets no lease');
  const exp = Math.min(iat + leaseSeconds, hardEnd);
  const grace = Math.min(graceSeconds, hardEnd - exp);
  const refresh = Math.floor((exp - iat) * (0.45 + 0.1 * terms.jitter));
  return { iat, nbf: iat, exp, refresh, grace };
}
