import type { Command } from 'commander';
import { createAccount } from '../../modules/billing/index.ts';
import { toTimestamp } from '../../platform/clock.ts';
import type { Cli } from '../support/cli.ts';
import { operatorRequest, withCore } from '../support/open.ts';
import { nameOf, wholeNumber } from '../support/options.ts';
import { table } from '../support/text.ts';

export function accountCommands(program: Command, cli: Cli): void {
  const account = program
    .command('account')
    .description('tenants: each has its own products, customers, keys');

  account
    .command('create')
    .description('makes an account')
    .requiredOption('--name <name>', 'what people read', nameOf)
    .option('--plan <code>', 'its plan', 'enterprise')
    .option('--rate-per-minute <n>', 'requests a minute by contract', wholeNumber)
    .option('--rate-per-hour <n>', 'requests an hour by contract', wholeNumber)
    .option('--unsubscribed', 'it subscribes to a plan itself, and pays for it')
    .option('--test', 'a test account: its clock can be moved, and its payments are simulated')
    .option('--json', 'one JSON document')
    .action((options) =>
      withCore(cli, async (core) => {
        const request = operatorRequest(core, core.newId('account', core.clock.now()));
        const made = await createAccount(core)(request, {
          name: options.name,
          plan_code: options.plan,
          is_unsubscribed: options.unsubscribed ?? false,
          is_test: options.test ?? false,
          ...(options.ratePerMinute !== undefined && { rate_per_minute: options.ratePerMinute }),
          ...(options.ratePerHour !== undefined && { rate_per_hour: options.ratePerHour }),
        });
        const next = `npm run thrive -- key create --account ${made.id} --name "First admin key" --type admin`;
        cli.answer(options.json, accountView(made), `Made ${made.id}. Next, its first API key:\n  ${next}`);
      }),
    );

  account
    .command('list')
    .description('lists the accounts')
    .option('--json', 'one JSON document')
    .action((options) =>
      withCore(cli, async (core) => {
        const accounts = (await core.uow.read.accounts.list()).map(accountView);
        const rows = accounts.map(({ id, plan_code, created_at, name }) => [id, plan_code, created_at, name]);
        cli.answer(options.json, accounts, table(['account', 'plan', 'created', 'name'], rows));
      }),
    );
}

const accountView = <Account extends { created_at: number }>(account: Account) => ({
  ...account,
  created_at: toTimestamp(account.created_at),
});
