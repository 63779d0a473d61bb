import type { Invoice } from '@thrivetech/contracts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hourMs, toTimestamp } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import type { Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { type TestServer, useServer } from '../support/test-server.ts';

type Command = readonly [name: keyof BillingCalls | 'work', input: Record<string, unknown>];

const plan_code = fc.constantFrom('starter', 'growth');
const interval = fc.constantFrom('month', 'year');
const token = fc.constantFrom(
  ...['test_ok', 'test_ok', 'test_declined', 'test_declined_hard', 'test_requires_action', 'test_timeout'],
);
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ plan_code, interval }).map((input): Command => ['subscribe', input]),
  fc.record({ plan_code, interval }).map((input): Command => ['upgrade', input]),
  fc.record({ plan_code, interval }).map((input): Command => ['downgrade', input]),
  fc.constantFrom('period_end', 'period_end', 'now').map((at): Command => ['cancel', { at }]),
  fc.constant<Command>(['resume', {}]),
  token.map((chosen): Command => ['addMethod', { token: chosen }]),
  fc.constant<Command>(['pay', {}]),
  fc.constant<Command>(['work', {}]),
  fc.integer({ min: 1, max: 40 * 24 }).map((hours): Command => ['advance', { hours }]),
);

/** From each status to those that may follow it, however many steps lie between two looks. */
const after: Record<string, string[]> = {
  none: ['incomplete', 'trialing', 'active'],
  incomplete: ['incomplete', 'active', 'incomplete_expired', 'canceled', 'past_due', 'unpaid'],
  trialing: ['trialing', 'active', 'past_due', 'unpaid', 'canceled'],
  active: ['active', 'past_due', 'unpaid', 'canceled'],
  past_due: ['past_due', 'active', 'unpaid', 'canceled'],
  unpaid: ['unpaid', 'active', 'past_due', 'canceled'],
  canceled: ['canceled'],
  incomplete_expired: ['incomplete_expired'],
};

eachDatabase((database) => {
  const server = useServer(database);
  const runs = database === 'sqlite' ? 25 : 8;

  it('whatever an owner does and whatever time brings, money is sound and the states are those of the table', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 30 }), async (commands) => {
        const vendor = await createTestVendor(server, '2026-01-31T12:00:00.000Z');
        const billing = billingOf(
          restDoor(() => server.baseUrl),
          () => vendor,
        );
        let before = { id: '', status: 'none' };
        for (const [name, input] of commands) {
          await perform(server, vendor, billing, name, input);
          before = await expectSound(server, vendor, billing, before);
        }
      }),
      { numRuns: runs },
    );
  }, 240_000);
});

async function perform(
  server: TestServer,
  vendor: Vendor,
  billing: BillingCalls,
  name: Command[0],
  input: Record<string, unknown>,
): Promise<void> {
  if (name === 'work') return server.platform.jobs.runDue();
  if (name === 'advance') {
    const { test_now } = (await server.platform.uow.read.accounts.find(vendor.account_id)) ?? {};
    await dataOf(billing.advance({ to: toTimestamp((test_now ?? 0) + Number(input['hours']) * hourMs) }));
    return;
  }
  const [open] = await dataOf(billing.invoices({ status: 'open' }));
  const asked = name === 'pay' ? { invoiceId: open?.id ?? 'inv_none' } : input;
  const { error } = await billing[name](asked);
  expect(error?.code, `${name} ${JSON.stringify(asked)}`).not.toBe('INTERNAL_ERROR');
}

async function expectSound(
  server: TestServer,
  { account_id }: Vendor,
  billing: BillingCalls,
  before: { id: string; status: string },
): Promise<{ id: string; status: string }> {
  const db = server.platform.database;
  const invoices: Invoice[] = await dataOf(billing.invoices({ limit: 100, sort: 'created_at' }));
  const payments: { invoice_id: string; status: string; amount: number }[] = await db('payments').where({
    account_id,
  });
  const paidFor = (id: string) =>
    payments
      .filter(({ invoice_id, status }) => invoice_id === id && status === 'succeeded')
      .map(({ amount }) => amount);
  for (const { id, kind, status, total, lines, amount_due, amount_paid, credit_applied } of invoices) {
    expect(total).toBe(lines.reduce((sum, { amount }) => sum + amount, 0));
    // Below zero only where what is left is worth more than what is bought, and then it is owed.
    if (total < 0) expect([kind, amount_due]).toEqual(['subscription_update', 0]);
    else expect(amount_due + credit_applied).toBe(total);
    if (status === 'paid') {
      expect(amount_paid).toBe(amount_due);
      expect(paidFor(id)).toEqual(amount_due > 0 ? [amount_due] : []);
      const isOpen = payments.some(
        (one) => one.invoice_id === id && /pending|unknown|requires/.test(one.status),
      );
      expect(isOpen).toBe(false);
    }
  }
  const numbers = invoices.flatMap(({ number }) => (number === null ? [] : [number]));
  for (const ofYear of Map.groupBy(numbers, (number) => number.replace(/-\d+$/, '')).values()) {
    const serials = ofYear.map((number) => Number(number.split('-').at(-1))).sort((a, b) => a - b);
    expect(serials).toEqual(serials.map((_, index) => index + 1));
  }

  const taken = payments
    .filter(({ status }) => status === 'succeeded')
    .reduce((sum, { amount }) => sum + amount, 0);
  const profile = await server.platform.uow.read.billingProfiles.find(account_id);
  expect(profile.credit_balance).toBeGreaterThanOrEqual(0);
  expect(profile.credit_balance).toBeLessThanOrEqual(taken);

  const live = await db('subscriptions').where({ account_id }).whereNull('ended_at');
  expect(live.length).toBeLessThanOrEqual(1);
  const { data: subscription, success } = await billing.subscription();
  if (!success) return before;
  const from = subscription.id === before.id ? before.status : 'none';
  if (from !== 'none') expect(after[from]).toContain(subscription.status);
  return { id: subscription.id, status: subscription.status };
}
