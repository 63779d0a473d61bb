import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/config.ts';
import { StartError } from '../core.ts';
import { AppError } from '../platform/app-error.ts';
import { accountCommands } from './commands/accounts.ts';
import { auditCommands } from './commands/audit.ts';
import { backupCommands } from './commands/backup.ts';
import { billingCommands } from './commands/billing.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { keyCommands } from './commands/keys.ts';
import { licenseCommands } from './commands/licenses.ts';
import { migrateCommand } from './commands/migrate.ts';
import { moveCommand } from './commands/move.ts';
import { signingKeyCommands } from './commands/signing-keys.ts';
import { webhookCommands } from './commands/webhooks.ts';
import { CliError, ExitCode, fromAppError, processCli } from './support/cli.ts';

const program = new Command('thrive')
  .description(
    "The operator's tool. It reads the same settings as the server: DATA_DIR, DATABASE_URL, PLAN_FILE.",
  )
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 a problem was found, 2 wrong usage or not there, 3 settings, files, database or a server in the way',
  )
  .exitOverride();

accountCommands(program, processCli);
keyCommands(program, processCli);
billingCommands(program, processCli);
signingKeyCommands(program, processCli);
licenseCommands(program, processCli);
auditCommands(program, processCli);
backupCommands(program, processCli);
migrateCommand(program, processCli);
moveCommand(program, processCli);
doctorCommand(program, processCli);
demoCommand(program, processCli);
webhookCommands(program, processCli);
for (const command of program.commands) inheritExit(command);

try {
  await program.parseAsync();
} catch (error) {
  end(error);
}

/** Groups and verbs end like the program itself: by throwing. */
function inheritExit(command: Command): void {
  command.exitOverride();
  for (const verb of command.commands) inheritExit(verb);
}

function end(error: unknown): void {
  if (error instanceof CommanderError) {
    // It has said what is wrong. Asked for help it ends well; without a command it shows help and does not.
    process.exitCode = error.exitCode === 0 ? ExitCode.done : ExitCode.usage;
    return;
  }
  const said = error instanceof AppError ? fromAppError(error) : error;
  const isExpected = said instanceof CliError || said instanceof ConfigError || said instanceof StartError;
  process.stderr.write(isExpected ? `${said.message}\n` : `${String((said as Error).stack)}\n`);
  process.exitCode = said instanceof CliError ? said.exitCode : ExitCode.environment;
}
