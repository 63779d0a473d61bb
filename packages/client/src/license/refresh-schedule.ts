import type { AcceptedLease, LeaseVerdict } from '@thrivetech/lease';
import type { Assessment } from './license-context.ts';
import type { LicenseState } from './license-state.ts';
import type { StoredLicense } from './stored-license.ts';

/** What there is to do, and when. */
export interface RefreshPlan {
  /** Epoch milliseconds; null: there is nothing to refresh. */
  readonly dueAt: number | null;
  /** Epoch milliseconds when the state changes by itself; null: it does not. */
  readonly nextChangeAt: number | null;
  /** Milliseconds until the lease grants nothing more; 0 if it does already. */
  readonly leftMs: number;
}

const minuteMs = 60_000;
const backoffMs = { first: minuteMs, max: 6 * 3_600_000 };
const shortestWaitMs = 15_000;
/** Of the time between two refreshes: so much later at most, drawn once for each start of an app. */
const jitterShare = 0.1;

/**
 * When a lease should be refreshed, in epoch milliseconds: at `iat` + `pol.refresh` and a little later, so that machines
 * that were all set up on one morning do not all come at once. At once for a lease that does not hold, and for one that
 * this machine has outgrown by a changed part.
 *
 * @param jitter 0 to 1.
 * @param isEnrolled the server was already told of changed parts and has taken over what it wants to.
 */
export function refreshDueAt(verdict: LeaseVerdict, jitter: number, isEnrolled: boolean): number {
  if (!verdict.ok || (verdict.changed.length > 0 && !isEnrolled)) return 0;
  const { iat, pol } = verdict.claims;
  return Math.round((iat + pol.refresh * (1 + jitterShare * jitter)) * 1000);
}

/** Epoch milliseconds when the state of a lease changes by itself; null: it does not. */
export function nextChangeAt(verdict: AcceptedLease, now: number): number | null {
  const { exp, lic } = verdict.claims;
  // A moment after the last second of each: until then it still holds.
  const changes = [exp, lic.exp ?? exp, verdict.graceUntil].map((second) => (second + 1) * 1000);
  const ahead = changes.filter((at) => at > now);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

/**
 * How long to wait after so many refreshes that brought no valid lease: 1 minute, 2, 4 … 6 hours, each less up to half.
 * Never more than half of what the lease still runs, or a lease of ten minutes would end between two tries.
 *
 * @param retryAfterMs what the server asked for; it outranks the rest.
 * @param leftMs until the lease grants nothing more; 0 if it does already.
 * @param random 0 to 1.
 */
export function delayAfterFailure(
  failures: number,
  random: number,
  { retryAfterMs = 0, leftMs = 0 }: { retryAfterMs?: number; leftMs?: number } = {},
): number {
  const full = Math.min(backoffMs.max, backoffMs.first * 2 ** (failures - 1));
  const jittered = full * (1 - random / 2);
  const timely = leftMs > 0 ? Math.min(jittered, Math.max(leftMs / 2, shortestWaitMs)) : jittered;
  return Math.round(Math.min(Math.max(timely, retryAfterMs), backoffMs.max));
}

/**
 * The plan as of now; another process of the app may have refreshed meanwhile.
 *
 * @param now epoch milliseconds.
 * @param enrolledWith the lease with which the server was told of changed parts of this machine.
 */
export function planRefresh(
  { stored, verified, state }: Assessment,
  { now, jitter, enrolledWith }: { now: number; jitter: number; enrolledWith: string | null },
): RefreshPlan {
  const verdict = verified?.lease;
  if (!verdict) return { dueAt: null, nextChangeAt: null, leftMs: 0 };
  const isAsked = canRefresh(stored, state);
  return {
    dueAt: isAsked ? refreshDueAt(verdict, jitter, enrolledWith === stored.lease) : null,
    nextChangeAt: verdict.ok ? nextChangeAt(verdict, now) : null,
    leftMs: verdict.ok ? verdict.graceUntil * 1000 - now : 0,
  };
}

/** Whether asking could bring anything: not for what is final, and not with what belongs to another machine. */
function canRefresh({ key, license_type }: StoredLicense, state: LicenseState): boolean {
  if (key === null && license_type !== 'trial') return false;
  switch (state.status) {
    case 'revoked':
      return false;
    case 'unlicensed':
      return state.reason === 'not_started';
    case 'tampered':
      return state.reason === 'untrusted_lease';
    default:
      return true;
  }
}
