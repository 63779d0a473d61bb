import type { Command } from 'commander';
import { readConfig } from '../../config/config.ts';
import { checkMigrations, runMigrations } from '../migrate/run-migrations.ts';
import { type Cli, ExitCode } from '../support/cli.ts';

export function migrateCommand(program: Command, cli: Cli): void {
  program
    .command('migrate')
    .description('brings the database up to date, as a start of the server does; several may run at once')
    .option('--check', 'changes nothing; exit code 1 when something is pending', false)
    .option('--json', 'one JSON document')
    .action(async ({ check, json }) => {
      const config = readConfig(cli.env);
      const { applied, ran, pending } = await (check ? checkMigrations(config) : runMigrations(config));
      const lines = [
        ...ran.map((name) => `ran      ${name}`),
        ...pending.map((name) => `pending  ${name}`),
        pending.length > 0
          ? `${pending.length} pending, ${applied} applied.`
          : `The database is up to date: ${applied} applied.`,
      ];
      cli.answer(json, { applied, ran, pending }, lines.join('\n'));
      if (pending.length > 0) cli.endWith(ExitCode.problem);
    });
}
