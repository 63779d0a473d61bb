import { explainLicense as contract } from '@thrivetech/contracts';
import type { Command } from 'commander';
import { explainLicense } from '../../modules/licenses/index.ts';
import { checked } from '../support/checked.ts';
import type { Cli } from '../support/cli.ts';
import { chooseAccount, operatorRequest, withCore } from '../support/open.ts';
import { moment } from '../support/options.ts';
import { licenseFileCommand } from './license-file.ts';

const marks = { passed: 'ok     ', refused: 'REFUSED', not_reached: '-      ' };

export function licenseCommands(program: Command, cli: Cli): void {
  const license = program.command('license').description('licenses');
  licenseFileCommand(license, cli);

  license
    .command('explain <license-id>')
    .description('says rule by rule why a license works or does not')
    .option('--device <id>', 'for this device; left out: for a machine that asks for a seat')
    .option('--as-of <time>', 'at this moment; left out: now', moment)
    .option('--account <id>', 'the only one when left out')
    .option('--json', 'one JSON document')
    .action((licenseId: string, options) =>
      withCore(cli, async (core) => {
        const request = operatorRequest(core, await chooseAccount(core, options.account));
        const explained = await explainLicense(core)(
          request,
          checked(contract, {
            licenseId,
            ...(options.device && { device_id: options.device }),
            ...(options.asOf && { as_of: options.asOf }),
          }),
        );
        const verdict = explained.allowed ? 'It works' : `It is refused by \`${explained.refused_by}\``;
        const lines = explained.rules.flatMap(({ rule, outcome, explanation, action }) => [
          `${marks[outcome]}  ${rule.padEnd(14)} ${explanation}`,
          ...(action ? [`${' '.repeat(24)} ${action}`] : []),
        ]);
        cli.answer(options.json, explained, [...lines, `${verdict} as of ${explained.as_of}.`].join('\n'));
      }),
    );
}
