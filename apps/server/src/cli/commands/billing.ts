import * as contracts from '@thrivetech/contracts';
import type { Command } from 'commander';
import { readConfig } from '../../config/config.ts';
import type { PlatformCore } from '../../core.ts';
import { accountNow } from '../../modules/accounts/index.ts';
import {
  type Billing,
  creditInvoice,
  endContract,
  getInvoice,
  listInvoices,
  markPaid,
  openProvider,
  providerChoice,
  setContract,
} from '../../modules/billing/index.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import { checked } from '../support/checked.ts';
import type { Cli } from '../support/cli.ts';
import { chooseAccount, operatorRequest, withCore } from '../support/open.ts';
import { currencyCode, wholeNumber } from '../support/options.ts';
import { table } from '../support/text.ts';

export function billingCommands(program: Command, cli: Cli): void {
  const billing = program.command('billing').description('what accounts pay: contracts, invoices, payments');
  const inAccount = (command: Command) =>
    command.option('--account <id>', 'the only one when left out').option('--json', 'one JSON document');

  /** Billing as the server has it, and the operator as its caller at the account's time. */
  const withBilling = (
    account: string | undefined,
    work: (billing: Billing, request: RequestContext) => Promise<void>,
  ) =>
    withCore(cli, async (core) => {
      const account_id = await chooseAccount(core, account);
      const request = operatorRequest(core, account_id);
      const found = await core.uow.read.accounts.find(account_id);
      const now = found ? accountNow(found, request.now) : request.now;
      await work(await openBilling(cli, core), { ...request, now });
    });

  inAccount(billing.command('contract'))
    .description('offers a custom plan to an account, at a price of its own')
    .requiredOption('--plan <code>', 'a custom plan of the plan file')
    .requiredOption('--currency <code>', 'such as USD', currencyCode)
    .option('--month <amount>', 'minor units a month', wholeNumber)
    .option('--year <amount>', 'minor units a year', wholeNumber)
    .action((options) =>
      withBilling(options.account, async (own, request) => {
        const { plan: plan_code, currency, month = null, year = null } = options;
        const contract = await setContract(own, request, { plan_code, currency, month, year });
        cli.answer(options.json, contract, `${contract.account_id} can subscribe to ${plan_code}.`);
      }),
    );

  inAccount(billing.command('end-contract'))
    .description('takes away a plan that an account has without paying here; it has to subscribe itself then')
    .action((options) =>
      withBilling(options.account, async (own, request) => {
        const { id, account_id, status } = await endContract(own, request);
        cli.answer(options.json, { id, account_id, status }, `${account_id} has no plan now.`);
      }),
    );

  inAccount(billing.command('invoices'))
    .description('lists invoices, newest first')
    .option('--status <status>', 'draft, open, paid, void or uncollectible')
    .option('--limit <n>', 'at most so many', wholeNumber, 20)
    .action((options) =>
      withBilling(options.account, async (own, request) => {
        const { status, limit } = options;
        const input = checked(contracts.listInvoices, {
          limit,
          sort: '-created_at',
          ...(status && { status }),
        });
        const { items } = await listInvoices(own)(request, input);
        const rows = items.map(({ id, number, status: is, currency, total, amount_due, created_at }) => [
          ...[id, number ?? '-', is, currency, String(total), String(amount_due), created_at],
        ]);
        const head = ['invoice', 'number', 'status', 'currency', 'total', 'due', 'created'];
        cli.answer(options.json, items, table(head, rows));
      }),
    );

  inAccount(billing.command('pay <invoice-id>'))
    .description('notes that the money for an invoice has come')
    .option('--reference <text>', 'of the money, such as a bank reference')
    .action((invoiceId: string, options) =>
      withBilling(options.account, async (own, request) => {
        const { reference } = options;
        checked(contracts.payInvoice, { invoiceId, mark_paid: true, ...(reference && { reference }) });
        await markPaid(own, request, { id: invoiceId }, reference ?? null);
        const invoice = await getInvoice(own)(request, { invoiceId });
        cli.answer(options.json, invoice, `${invoice.number ?? invoice.id} is ${invoice.status}.`);
      }),
    );

  inAccount(billing.command('credit <invoice-id>'))
    .description('corrects a paid invoice by a credit note; the amount is owed to the account')
    .requiredOption('--reason <text>', 'what the credit note says')
    .option('--amount <amount>', 'minor units; all of it when left out', wholeNumber)
    .action((id: string, options) =>
      withBilling(options.account, async (own, request) => {
        const note = await creditInvoice(own, request, {
          id,
          amount: options.amount,
          reason: options.reason,
        });
        cli.answer(
          options.json,
          note,
          `Made ${note.number} over ${note.currency} ${note.total} (minor units).`,
        );
      }),
    );
}

async function openBilling(cli: Cli, { uow, newId, clock, plans }: PlatformCore): Promise<Billing> {
  const { stripe, seller } = readConfig(cli.env);
  const provider = await openProvider(stripe, clock);
  return {
    ...{ uow, newId, clock, plans, seller, adminMarksPaid: true },
    providerOf: providerChoice(provider),
  };
}
