import { minuteMs } from '../../platform/clock.ts';
import type { JobQueue } from '../../platform/jobs/job-queue.ts';
import type { JobKind } from '../../platform/jobs/job-runner.ts';
import { recurringJob } from '../../platform/jobs/recurring-job.ts';
import type { Billing } from './billing-context.ts';
import { runDueBilling } from './run-due.ts';

const accountKind = 'billing.account';
const lookEveryMs = minuteMs;
const accountsAtOnceMax = 500;

/** Asks for what is due in an account's billing to be done now. */
export function askForBilling(
  { clock }: Pick<Billing, 'clock'>,
  jobs: JobQueue,
  account_id: string,
): Promise<void> {
  // In real time, also for an account that has a time of its own.
  const now = clock.now();
  return jobs.enqueue(accountKind, account_id, { run_at: now, now });
}

/**
 * Finds the accounts of which something is due. When what is due lies in the rows themselves, so no lost job can keep
 * anything from happening.
 */
export const findDueBilling = ({ uow, clock }: Pick<Billing, 'uow' | 'clock'>): JobKind =>
  recurringJob('billing.look', async ({ now }) => {
    const accounts = await uow.read.subscriptions.listDueAccounts(now, accountsAtOnceMax);
    await uow.runInternal(async (tx) => {
      for (const account_id of accounts) await askForBilling({ clock }, tx.jobs, account_id);
    });
    return { againAt: accounts.length === accountsAtOnceMax ? now : clock.now() + lookEveryMs };
  });

/** Does what is due in one account's billing. An account whose payments hang keeps no other waiting. */
export const runAccountBilling = (billing: Billing): JobKind => ({
  kind: accountKind,
  concurrencyMax: 4,
  leaseMs: 5 * minuteMs,
  attemptsMax: 1_000_000,
  async run({ key, now, signal }) {
    await runDueBilling(billing, key, { now, signal });
    return signal.aborted ? { againAt: now } : undefined;
  },
});
