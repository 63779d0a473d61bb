import type { advanceTestClock as contract } from '@thrivetech/contracts';
import { conflict, invalid } from '../../platform/app-error.ts';
import { dayMs, fromTimestamp, toTimestamp } from '../../platform/clock.ts';
import { systemRequest } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import { accountOf, type Billing } from './billing-context.ts';
import { nextDue } from './run-due.ts';

/** Far enough for any walk, and near enough to end while the caller waits. */
const advanceMaxMs = 731 * dayMs;
/** More things than fall due in two years: one that does not come to rest must not run for ever. */
const stepsMax = 20_000;

/** Something else that falls due in the time of an account, by itself. */
export interface TimedWork {
  /** When the next of it is due at the latest by `until`; null: none. */
  next(account_id: string, until: number): Promise<number | null>;
  /** Does what is due up to `now`. */
  run(account_id: string, now: number): Promise<void>;
}

/**
 * Moves the clock of a test account. It stops at each thing that falls due on the way, which happens there, so that what
 * follows sees the right time. Killed on the way, it stands where it came to, and is moved on by the next call.
 */
export function advanceTestClock(
  deps: Billing & { timedWork: readonly TimedWork[] },
): UseCaseOf<typeof contract> {
  const { uow, newId } = deps;

  const nextStop = async (account_id: string, until: number) => {
    const billing = await nextDue(deps, account_id, until);
    const stops = billing ? [{ at: billing.at, run: billing.run }] : [];
    for (const work of deps.timedWork) {
      const at = await work.next(account_id, until);
      if (at !== null) stops.push({ at, run: ({ now }) => work.run(account_id, now) });
    }
    return stops.sort((a, b) => a.at - b.at)[0] ?? null;
  };

  return async (request, input) => {
    const { account_id } = request.actor;
    const { test_now } = await accountOf(uow.read, account_id);
    if (test_now === null)
      throw conflict('not_a_test_account', 'Only a test account has a clock that can be moved.');
    const to = fromTimestamp(input.to);
    if (to < test_now)
      throw invalid('to', `must not lie before the account's time, ${toTimestamp(test_now)}`);
    if (to > test_now + advanceMaxMs) throw invalid('to', 'must lie at most two years ahead');

    for (let steps = 0; steps < stepsMax; steps += 1) {
      const stop = await nextStop(account_id, to);
      const now = Math.max(test_now, stop?.at ?? to);
      await uow.runInternal((tx) => tx.accounts.moveClock(account_id, now));
      if (!stop) return { now: toTimestamp(to) };
      await stop.run(systemRequest(account_id, { id: newId('request', now), now }));
    }
    throw new Error(`The clock of ${account_id} does not come to rest.`);
  };
}
