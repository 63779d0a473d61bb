import type { Command } from 'commander';
import { readConfig } from '../../config/config.ts';
import { examine } from '../doctor/examine.ts';
import { type Cli, ExitCode } from '../support/cli.ts';

export function doctorCommand(program: Command, cli: Cli): void {
  program
    .command('doctor')
    .description('looks for what is wrong and says what to do; changes nothing')
    .option('--json', 'one JSON document')
    .action(async (options) => {
      const findings = await examine(readConfig(cli.env), cli.clock);
      const lines = findings.map(({ check, found, problem }) =>
        problem ? `PROBLEM  ${check}: ${found}\n         ${problem}` : `ok       ${check}: ${found}`,
      );
      cli.answer(options.json, findings, lines.join('\n'));
      if (findings.some(({ problem }) => problem !== null)) cli.endWith(ExitCode.problem);
    });
}
