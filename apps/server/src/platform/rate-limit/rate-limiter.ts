/** So many requests in so long a time. */
export interface RateWindow {
  readonly limit: number;
  readonly lengthMs: number;
}

/** What a caller is told about its allowance: the window that is closest to its end. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** When the running slot of the window ends, epoch milliseconds: from then on the allowance grows again. */
  readonly resetAt: number;
}

export type RateDecision = RateState &
  ({ readonly allowed: true } | { readonly allowed: false; readonly retryAfterMs: number });

/** Counts requests. `take` looks at all windows and counts in all of them, or in none: one atomic step. */
export interface RateLimiter {
  /** Counts one request of `key`, unless a window is full: then it is refused and counted nowhere. */
  take(key: string, windows: readonly RateWindow[], now: number): Promise<RateDecision>;
  /** Says how `key` stands, and counts nothing. */
  peek(key: string, windows: readonly RateWindow[], now: number): Promise<RateDecision>;
}
