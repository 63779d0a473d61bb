import { listAuditEntries as contract } from '@thrivetech/contracts';
import type { Command } from 'commander';
import { listAuditEntries, verifyAuditChain } from '../../modules/audit/index.ts';
import { checked } from '../support/checked.ts';
import { type Cli, ExitCode } from '../support/cli.ts';
import { chooseAccount, operatorRequest, withCore } from '../support/open.ts';
import { wholeNumber } from '../support/options.ts';
import { table } from '../support/text.ts';

export function auditCommands(program: Command, cli: Cli): void {
  const audit = program.command('audit').description('who changed what');

  audit
    .command('list')
    .description('shows the newest entries')
    .option('--account <id>', 'the only one when left out')
    .option('--limit <n>', 'at most so many', wholeNumber, 20)
    .option('--json', 'one JSON document')
    .action((options) =>
      withCore(cli, async (core) => {
        const request = operatorRequest(core, await chooseAccount(core, options.account));
        const { items } = await listAuditEntries(core)(
          request,
          checked(contract, {
            limit: options.limit,
            sort: '-created_at',
          }),
        );
        const rows = items.map((item) => [item.created_at, item.actor_id, item.action, item.target_id]);
        cli.answer(options.json, items, table(['when', 'who', 'did', 'to'], rows));
      }),
    );

  audit
    .command('verify')
    .description('goes through the audit chain and names the first link that does not hold')
    .option('--account <id>', 'this one only; left out: all')
    .option('--json', 'one JSON document')
    .action((options) =>
      withCore(cli, async (core) => {
        const { audit, accounts } = core.uow.read;
        const ids = options.account
          ? [await chooseAccount(core, options.account)]
          : (await accounts.list()).map(({ id }) => id);
        const reports = [];
        for (const account_id of ids) {
          const report = await verifyAuditChain(audit, account_id, core.auditKey);
          reports.push({ account_id, ...report, head: (await audit.head(account_id)).hash });
        }
        const lines = reports.map(({ account_id, verified, broken, head }) =>
          broken
            ? `${account_id}: BROKEN at entry ${broken.sequence}: ${broken.reason}. ${verified} before it hold.`
            : `${account_id}: ${verified} entries hold. Last hash: ${head || 'none'}`,
        );
        cli.answer(options.json, reports, lines.join('\n'));
        if (reports.some(({ broken }) => broken)) cli.endWith(ExitCode.problem);
      }),
    );
}
