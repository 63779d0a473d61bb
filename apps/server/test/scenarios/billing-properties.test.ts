import type { Invoice } from '@thrivetech/contracts';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { hourMs, toTimestamp } from '../../src/platform/clock.ts';
import { type BillingCalls, billingOf, createTestVendor, dataOf } from '../support/billing.ts';
import type { Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { type TestServer, useServer } from '../support/test-server.ts';

type Command = readonly [name: keyof BillingCalls | 'work' | 'owe', input: Record<string, unknown>];

const plan_code = fc.constantFrom('starter', 'growth');
const interval = fc.constantFrom('month', 'year');
const token = fc.constantFrom(
  ...['test_ok', 'test_ok', 'test_declined', 'test_declined_hard', 'test_requires_action', 'test_timeout'],
);
const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ plan_code, interval }).map((input): Command => ['subscribe', input]),
  fc.record({ plan_code, interval, payment_method: token }).map((input): Command => ['subscribe', input]),
  fc.record({ plan_code, interval }).map((input): Command => ['upgrade', input]),
  fc.record({ plan_code, interval }).map((input): Command => ['downgrade', input]),
  fc.constantFrom('period_end', 'period_end', 'now').map((at): Command => ['cancel', { at }]),
  fc.constant<Command>(['resume', {}]),
  token.map((chosen): Command => ['addMethod', { token: chosen }]),
  fc.constant<Command>(['removeMethod', {}]),
  fc.constant<Command>(['pay', {}]),
  fc.constant<Command>(['work', {}]),
  fc.constantFrom(1, 1000, 2900, 20_000).map((amount): Command => ['owe', { amount }]),
  fc.integer({ min: 1, max: 40 * 24 }).map((hours): Command => ['advance', { hours }]),
);

/** An account that is new, and one that pays already. */
const beginning = fc.constantFrom<Command[]>(
  [],
  [
    ['addMethod', { token: 'test_ok' }],
    ['subscribe', { plan_code: 'starter', interval: 'month' }],
    ['advance', { hours: 15 * 24 }],
  ],
);

/** What each status may become in one step (billing.md, "States"), told apart from the server's own table. */
const steps: Record<string, string[]> = {
  incomplete: ['active', 'incomplete_expired', 'canceled'],
  trialing: ['active', 'past_due', 'canceled'],
  active: ['past_due', 'canceled'],
  past_due: ['active', 'unpaid', 'canceled'],
  unpaid: ['active', 'canceled'],
  canceled: [],
  incomplete_expired: [],
};
const initial = ['incomplete', 'trialing', 'active'];

/** What it may be at the next look; where time or work goes by, many steps may lie between. */
function reachable(from: string, name: Command[0]): Set<string> {
  const seen = new Set([from]);
  if (name === 'cancel') return new Set([from, 'canceled']);
  if (name === 'pay')
    return new Set([from, ...(steps[from] ?? []).filter((to) => /^(active|past_due)$/.test(to))]);
  if (name !== 'advance' && name !== 'work') return seen;
  // A set that grows while it is walked is walked to its end.
  for (const status of seen) for (const to of steps[status] ?? []) seen.add(to);
  return seen;
}

eachDatabase((database) => {
  const server = useServer(database);
  const runs = database === 'sqlite' ? 25 : 8;

  it('whatever an owner does and whatever time brings, money is sound and the states are those of the table', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command, { minLength: 1, maxLength: 30, size: 'max' }),
        beginning,
        async (commands, begun) => {
          const vendor = await createTestVendor(server, '2026-01-31T12:00:00.000Z');
          const billing = billingOf(
            restDoor(() => server.baseUrl),
            () => vendor,
          );
          let before: Look = { id: '', status: 'none', owed: 0 };
          for (const [name, input] of [...begun, ...commands]) {
            const owed = before.owed + (name === 'owe' ? Number(input['amount']) : 0);
            await perform(server, vendor, billing, name, input);
            before = await expectSound(server, vendor, billing, { ...before, owed }, name);
          }
        },
      ),
      { numRuns: runs },
    );
  }, 240_000);

  describe('credit that an invoice took comes back when the invoice is void', () => {
    let billing: BillingCalls;
    let credit: () => Promise<number>;
    let oweMore: (amount: number) => Promise<void>;
    /** What was paid for an invoice that is void. */
    const lateMoney = async () => {
      const [invoice] = await dataOf(billing.invoices({ status: 'void' }));
      const { payments } = await dataOf(billing.invoice({ invoiceId: invoice?.id }));
      expect(payments).toMatchObject([{ status: 'succeeded', amount: invoice?.amount_due }]);
      return invoice?.amount_due ?? Number.NaN;
    };
    beforeEach(async () => {
      const vendor = await createTestVendor(server, '2026-01-31T12:00:00.000Z');
      billing = billingOf(
        restDoor(() => server.baseUrl),
        () => vendor,
      );
      credit = async () =>
        (await server.platform.uow.read.billingProfiles.find(vendor.account_id)).credit_balance;
      await dataOf(billing.subscribe({ plan_code: 'starter', interval: 'month' }));
      oweMore = (amount) => owe(server, vendor, amount);
    });

    it('because the first payment did not come in time', async () => {
      await dataOf(billing.cancel({ at: 'now' }));
      await oweMore(1000);
      await billing.subscribe({ plan_code: 'starter', interval: 'month' });
      expect(await credit()).toBe(0);
      await dataOf(billing.advance({ to: '2026-02-01T12:00:00.000Z' }));
      expect(await dataOf(billing.invoices())).toMatchObject([{ status: 'void', credit_applied: 1000 }]);
      expect(await credit()).toBe(1000);
    });

    it('because the subscription ended while a change of plan waited for its payer', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.advance({ to: '2026-02-20T12:00:00.000Z' }));
      await oweMore(500);
      await dataOf(billing.addMethod({ token: 'test_requires_action' }));
      await billing.upgrade({ plan_code: 'growth' });
      expect(await credit()).toBe(0);
      await dataOf(billing.cancel({ at: 'now' }));
      expect(await credit()).toBe(500);
      // Its payer confirms it all the same: that is owed too.
      await dataOf(billing.advance({ to: '2026-02-20T12:10:00.000Z' }));
      expect(await credit()).toBe(500 + (await lateMoney()));
    });

    it('because a change of plan was confirmed when its period was over', async () => {
      await dataOf(billing.addMethod({ token: 'test_ok' }));
      await dataOf(billing.advance({ to: '2026-03-14T11:58:00.000Z' }));
      await oweMore(500);
      await dataOf(billing.addMethod({ token: 'test_requires_action' }));
      await billing.upgrade({ plan_code: 'growth', interval: 'year' });
      expect(await credit()).toBe(0);
      await dataOf(billing.advance({ to: '2026-03-14T12:10:00.000Z' }));
      expect(await dataOf(billing.subscription())).toMatchObject({ plan_code: 'starter', status: 'active' });
      expect(await credit()).toBe(500 + (await lateMoney()));
    });
  });
});

/** As a credit note would. */
function owe({ platform }: TestServer, { account_id }: Vendor, amount: number): Promise<void> {
  return platform.uow.runInternal(async (tx) => {
    const profile = await tx.billingProfiles.findForUpdate(account_id);
    const credit_balance = profile.credit_balance + amount;
    await tx.billingProfiles.replace({ ...profile, credit_currency: 'USD', credit_balance });
  });
}

async function perform(
  server: TestServer,
  vendor: Vendor,
  billing: BillingCalls,
  name: Command[0],
  input: Record<string, unknown>,
): Promise<void> {
  if (name === 'work') return server.platform.jobs.runDue();
  if (name === 'owe') return owe(server, vendor, Number(input['amount']));
  if (name === 'advance') {
    const { test_now } = (await server.platform.uow.read.accounts.find(vendor.account_id)) ?? {};
    await dataOf(billing.advance({ to: toTimestamp((test_now ?? 0) + Number(input['hours']) * hourMs) }));
    return;
  }
  const asked = { ...input };
  if (name === 'pay')
    asked['invoiceId'] = (await dataOf(billing.invoices({ status: 'open' })))[0]?.id ?? 'inv_none';
  if (name === 'removeMethod')
    asked['paymentMethodId'] = (await dataOf(billing.methods()))[0]?.id ?? 'pm_none';
  const { error } = await billing[name](asked);
  expect(error?.code, `${name} ${JSON.stringify(asked)}`).not.toBe('INTERNAL_ERROR');
}

interface Look {
  readonly id: string;
  readonly status: string;
  /** What the platform has owed the account beside its payments, in minor units. */
  readonly owed: number;
}

async function expectSound(
  server: TestServer,
  vendor: Vendor,
  billing: BillingCalls,
  before: Look,
  name: Command[0],
): Promise<Look> {
  const { account_id } = vendor;
  const db = server.platform.database;
  const invoices: Invoice[] = await dataOf(billing.invoices({ limit: 100, sort: 'created_at' }));
  const payments: { invoice_id: string; status: string; amount: number }[] = await db('payments').where({
    account_id,
  });
  for (const { id, kind, status, total, lines, amount_due, amount_paid, credit_applied } of invoices) {
    expect(total).toBe(sum(lines.map(({ amount }) => amount)));
    if (kind !== 'credit_note') expect(total).toBeGreaterThanOrEqual(0);
    expect(amount_due + credit_applied).toBe(total);
    if (status !== 'paid') expect(amount_paid).toBe(0);
    else {
      expect(amount_paid).toBe(amount_due);
      const ofInvoice = payments.filter(({ invoice_id }) => invoice_id === id);
      const moved = ofInvoice.filter((payment) => payment.status === 'succeeded').map(({ amount }) => amount);
      expect(moved).toEqual(amount_due > 0 ? [amount_due] : []);
      expect(ofInvoice.every((payment) => /^(succeeded|failed)$/.test(payment.status))).toBe(true);
    }
  }
  const numbers = invoices.flatMap(({ number }) => (number === null ? [] : [number]));
  for (const ofYear of Map.groupBy(numbers, (number) => number.replace(/-\d+$/, '')).values()) {
    const serials = ofYear.map((number) => Number(number.split('-').at(-1))).sort((a, b) => a - b);
    expect(serials).toEqual(serials.map((_, index) => index + 1));
  }

  // What came in has paid an invoice or is owed; what is owed is there, or has paid an invoice that still counts.
  const taken = sum(payments.filter(({ status }) => status === 'succeeded').map(({ amount }) => amount));
  const paid = sum(invoices.map(({ amount_paid }) => amount_paid));
  const used = sum(invoices.filter(({ status }) => status !== 'void').map((one) => one.credit_applied));
  const { credit_balance } = await server.platform.uow.read.billingProfiles.find(account_id);
  expect(credit_balance).toBeGreaterThanOrEqual(0);
  expect(credit_balance, 'credit').toBe(before.owed + taken - paid - used);

  const live = await db('subscriptions').where({ account_id }).whereNull('ended_at');
  expect(live.length).toBeLessThanOrEqual(1);
  const { data: subscription, success } = await billing.subscription();
  if (!success) return before;
  const { id, status } = subscription;
  await expectSteps(server, vendor, subscription);
  if (id === before.id) expect(reachable(before.status, name)).toContain(status);
  else expect([name, initial]).toEqual(['subscribe', expect.arrayContaining([status])]);
  return { ...before, id, status };
}

/** The audit log has every change, so also those that lie between two looks. */
async function expectSteps(server: TestServer, vendor: Vendor, { id, status }: Pick<Look, 'id' | 'status'>) {
  const { audit } = await sideEffects(server, vendor);
  let last: string | null = null;
  for (const { target_id, before, after } of audit) {
    const [from, to] = [before, after].map((view) => (view as { status?: string } | null)?.status);
    if (target_id !== id || to === undefined) continue;
    if (last === null) expect(initial).toContain(from ?? to);
    else expect(from).toBe(last);
    if (from !== undefined && from !== to) expect(steps[from]).toContain(to);
    last = to;
  }
  expect(last).toBe(status);
}

const sum = (amounts: number[]): number => amounts.reduce((total, amount) => total + amount, 0);
