import { type RequestContext, systemRequest } from '../../platform/request-context.ts';
import { accountNow } from '../accounts/index.ts';
import { accountOf, type Billing } from './billing-context.ts';
import { collectInvoice, resolvePayment } from './collect-invoice.ts';
import { nextStep } from './subscription.ts';
import { takeStep } from './take-step.ts';

/** One thing that is due in an account's billing. */
interface Due {
  readonly at: number;
  /** Does it at this time of the account. */
  readonly run: (request: RequestContext) => Promise<unknown>;
}

/**
 * What is due first, up to a time. Of things at one moment the money comes before the state that depends on it: the last
 * try of day 14 before `unpaid`.
 */
export async function nextDue(billing: Billing, account_id: string, until: number): Promise<Due | null> {
  const { read } = billing.uow;
  const payment = await read.payments.findDue(account_id, until);
  const invoice = await read.invoices.findDue(account_id, until);
  const subscription = await read.subscriptions.findCurrent(account_id);
  const step = subscription && nextStep(subscription);
  const all: Due[] = [];
  if (payment) {
    all.push({
      at: payment.poll_at ?? until,
      run: (request) => resolvePayment(billing, request, payment, false),
    });
  }
  if (invoice) {
    all.push({
      at: invoice.next_attempt_at ?? until,
      run: (request) => collectInvoice(billing, request, invoice.id, { is_present: false }),
    });
  }
  if (step && step.at <= until) {
    all.push({ at: step.at, run: (request) => takeStep(billing, account_id, request.now) });
  }
  return all.sort((a, b) => a.at - b.at)[0] ?? null;
}

/** More than years of downtime leave; a step that changes nothing must not run for ever. */
const stepsMax = 10_000;

/**
 * Does all that is due in an account's billing, in order, each in a transaction of its own: whoever dies in between is
 * followed by another who goes on from there. What was missed happens now, and is dated so.
 *
 * @param at.now real time.
 */
export async function runDueBilling(
  billing: Billing,
  account_id: string,
  at: { now: number; signal: AbortSignal },
): Promise<void> {
  const now = accountNow(await accountOf(billing.uow.read, account_id), at.now);
  for (let steps = 0; steps < stepsMax; steps += 1) {
    if (at.signal.aborted) return;
    const due = await nextDue(billing, account_id, now);
    if (!due) return;
    await due.run(systemRequest(account_id, { id: billing.newId('request', now), now }));
  }
  throw new Error(`The billing of ${account_id} does not come to rest.`);
}
