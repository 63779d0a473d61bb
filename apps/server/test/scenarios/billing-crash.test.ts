import { payInvoice, type Subscription, subscribe } from '@thrivetech/contracts';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeStripe } from '../../src/modules/billing/providers/fake-stripe.fixtures.ts';
import { billingOf, dataOf } from '../support/billing.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { openDatabase, type ServerProcess, startServer } from '../support/server-process.ts';

const rounds = 20;
const patienceMs = 30_000;

eachDatabase((kind) => {
  let database: TestDatabase;
  let stripe: FakeStripe;
  let server: ServerProcess;
  beforeEach(async () => {
    database = await createTestDatabase(kind);
    stripe = await new FakeStripe().start();
    server = await start();
  });
  afterEach(async () => {
    await server.end('SIGKILL');
    await stripe.stop();
    await database.remove();
  });
  const start = () =>
    startServer(database, {
      ...{ PAYMENT_PROVIDER: 'stripe', STRIPE_API_BASE: stripe.baseUrl },
      ...{ STRIPE_SECRET_KEY: stripe.secretKey, STRIPE_WEBHOOK_SECRET: stripe.webhookSecret },
    });

  it('a server that is killed between the charge and its commit, twenty times, takes each payment once and loses none', async () => {
    const key = server.start.admin_key ?? '';
    const door = restDoor(() => server.start.base_url);
    const billing = billingOf(door, () => ({ admin: key }) as never);
    const db = openDatabase(database);
    try {
      const { account_id } = server.start;
      // PostgreSQL counts calls across restarts, and the plan allows few.
      await db('accounts')
        .where({ id: account_id })
        .update({ rate_per_minute: 1_000_000, rate_per_hour: 1_000_000 });
      // It had its trial, and its contract has ended.
      await db('subscriptions')
        .where({ account_id })
        .update({ status: 'canceled', ended_at: 1, by_contract: 0 });
      await db('billing_profiles').insert({ account_id, credit_balance: 0, trial_used_at: 1 });
      await server.end('SIGTERM');
      server = await start();
      await dataOf(billing.addMethod({ token: 'pm_ok_card' }));

      for (let round = 0; round < rounds; round += 1) {
        const hasMoved = round % 2 === 0;
        stripe.next('POST /v1/payment_intents', hasMoved ? 'silence_after' : 'silence_before');
        const killed = new Promise<void>((resolve) => {
          stripe.onRequest = (on) => {
            if (on !== 'POST /v1/payment_intents') return;
            stripe.onRequest = () => {};
            resolve(server.end('SIGKILL').then(() => {}));
          };
        });
        const asked = door
          .call(subscribe, { plan_code: 'starter', interval: 'month' }, { key })
          .catch(() => null);
        await killed;
        await asked;
        server = await start();

        const open = await db('payments').whereNotIn('status', ['succeeded', 'failed']);
        expect(open).toHaveLength(1);
        if (hasMoved) {
          // As if the five minutes had passed after which the server asks.
          await db('payments').whereNotNull('poll_at').update({ poll_at: 1 });
          await db('jobs').where({ kind: 'billing.look' }).update({ run_at: 1, lease_until: 0 });
        } else {
          // Its payer tries again at once.
          await dataOf(door.call(payInvoice, { invoiceId: open[0].invoice_id }, { key }));
        }
        const current = () => dataOf<Subscription>(billing.subscription());
        await vi.waitUntil(async () => (await current()).status === 'active', {
          timeout: patienceMs,
          interval: 50,
        });
        await dataOf(billing.cancel({ at: 'now' }));
      }

      const taken = [...stripe.moneyTaken().values()];
      expect(taken).toEqual(Array(rounds).fill({ amount: 2900, times: 1 }));
      const invoices = await db('invoices').orderBy('sequence');
      expect(invoices.map(({ status, amount_paid, sequence }) => [status, amount_paid, sequence])).toEqual(
        Array.from({ length: rounds }, (_, n) => ['paid', 2900, n + 1]),
      );
      const told = await db('events').where({ account_id, type: 'payment.succeeded' });
      expect(told).toHaveLength(rounds);
    } finally {
      await db.destroy();
    }
  }, 300_000);
});
