import type { ApiKey, Invoice, Subscription } from '@thrivetech/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { billingOf, dataOf } from '../support/billing.ts';
import { restDoor } from '../support/doors.ts';
import { createTestDatabase, eachDatabase, type TestDatabase } from '../support/each-database.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { thrive, thriveJson } from '../support/thrive.ts';

eachDatabase((kind) => {
  describe('billing from the command line, beside a running server', () => {
    let home: TestDatabase;
    let server: ServerProcess;
    let account: string;
    let admin: string;
    const billing = billingOf(
      restDoor(() => server.start.base_url),
      () => ({ admin }) as never,
    );
    const ofAccount = () => ['--account', account];
    const plan = { plan_code: 'starter', interval: 'month' };

    beforeAll(async () => {
      home = await createTestDatabase(kind);
      server = await startServer(home);
      const made = await thriveJson<{ id: string }>(
        home,
        'account',
        'create',
        '--name',
        'Tenant',
        '--plan',
        'starter',
        '--unsubscribed',
      );
      account = made.id;
      const key = await thriveJson<ApiKey & { key: string }>(
        home,
        'key',
        'create',
        ...ofAccount(),
        '--name',
        'a',
        '--type',
        'admin',
      );
      admin = key.key;
    });
    afterAll(async () => {
      await server?.end('SIGTERM');
      await home?.remove();
    });

    it('an invoice that was paid to the operator is noted, and what it pays for begins', async () => {
      await dataOf(billing.subscribe(plan));
      await dataOf(billing.cancel({ at: 'now' }));
      const { error } = await billing.subscribe(plan);
      expect(error).toMatchObject({ code: 'PAYMENT_REQUIRED', details: { reason: 'paid_to_operator' } });

      const open = await thriveJson<Invoice[]>(
        home,
        'billing',
        'invoices',
        ...ofAccount(),
        '--status',
        'open',
      );
      expect(open).toMatchObject([{ number: expect.stringMatching(/^INV-\d{4}-000001$/), amount_due: 2900 }]);
      const id = open[0]?.id ?? '';
      const paid = await thriveJson<Invoice>(
        home,
        'billing',
        'pay',
        id,
        ...ofAccount(),
        '--reference',
        'Bank 1',
      );
      expect(paid).toMatchObject({ id, status: 'paid', amount_paid: 2900 });
      await expect
        .poll(async () => (await dataOf<Subscription>(billing.subscription())).status, { timeout: 5_000 })
        .toBe('active');
      // Said twice, it counts once.
      await thriveJson(home, 'billing', 'pay', id, ...ofAccount());
      const { payments } = await dataOf(billing.invoice({ invoiceId: id }));
      expect(payments).toMatchObject([{ status: 'succeeded', provider: 'manual', amount: 2900 }]);
    });

    it('a paid invoice is corrected by credit notes, up to what was paid', async () => {
      const [invoice] = await dataOf(billing.invoices({ status: 'paid' }));
      const credit = (...more: string[]) =>
        thrive(home, [
          'billing',
          'credit',
          invoice?.id ?? '',
          ...ofAccount(),
          '--reason',
          'Goodwill',
          '--json',
          ...more,
        ]);
      const first = await credit('--amount', '1000');
      expect(JSON.parse(first.stdout)).toMatchObject({
        ...{ kind: 'credit_note', total: -1000, number: expect.stringMatching(/^CN-\d{4}-000001$/) },
        credits_invoice_id: invoice?.id,
      });
      expect((await credit('--amount', '1901')).code).toBe(2);
      expect(JSON.parse((await credit()).stdout)).toMatchObject({ total: -1900 });
      expect((await credit()).code).not.toBe(0);
      // The next change of plan is paid out of it first.
      const { quote } = await dataOf(billing.upgrade({ plan_code: 'growth', dry_run: true }));
      expect(quote.credit_applied).toBe(2900);
    });

    it('a plan by contract is offered at a price of its own, and nobody else gets it', async () => {
      expect((await billing.upgrade({ plan_code: 'enterprise', dry_run: true })).error).toMatchObject({
        details: { reason: 'no_contract' },
      });
      const contract = ['billing', 'contract', ...ofAccount(), '--plan', 'enterprise', '--currency', 'USD'];
      await thriveJson(home, ...contract, '--month', '99900');
      const { quote } = await dataOf(billing.upgrade({ plan_code: 'enterprise', dry_run: true }));
      expect(quote.lines[1]?.amount).toBeGreaterThan(90_000);
      const yearly = await billing.upgrade({ plan_code: 'enterprise', interval: 'year', dry_run: true });
      expect(yearly.error).toMatchObject({ details: { reason: 'not_offered' } });
      const wrong = await thrive(home, [
        'billing',
        'contract',
        ...ofAccount(),
        '--plan',
        'growth',
        '--currency',
        'USD',
      ]);
      expect(wrong.code).toBe(2);
    });

    it('a plan that the operator gave ends when the operator says so', async () => {
      const first = server.start.account_id;
      const ended = await thriveJson<{ status: string }>(home, 'billing', 'end-contract', '--account', first);
      expect(ended.status).toBe('canceled');
      const again = await thrive(home, ['billing', 'end-contract', '--account', first]);
      expect(again.code).not.toBe(0);
    });
  });
});
