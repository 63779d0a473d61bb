import { existsSync } from 'node:fs';
import { readConfig } from '../../config/config.ts';
import { dataPaths, openCore, type PlatformCore } from '../../core.ts';
import { migrationState } from '../../platform/db/migrate.ts';
import { type RequestContext, unlimited } from '../../platform/request-context.ts';
import { type Cli, CliError, ExitCode } from './cli.ts';
import { refuseOtherLayout } from './layout.ts';

/** Opens the installation that the settings name, for the time of one command. It never changes its layout. */
export async function withCore<Result>(
  cli: Cli,
  work: (core: PlatformCore) => Promise<Result>,
): Promise<Result> {
  const config = readConfig(cli.env);
  const paths = dataPaths(config.dataDir);
  // Opening would make both: a wrong DATA_DIR would then look like an empty installation.
  const isThere = existsSync(paths.masterKey) && (config.databaseUrl || existsSync(paths.sqlite));
  if (!isThere) {
    throw new CliError(
      ExitCode.environment,
      `There is no installation in ${config.dataDir}; set DATA_DIR to that of the server, or start the server once.`,
    );
  }
  const core = await openCore({
    config,
    clock: cli.clock,
    prepare: async (_dialect, connections) => {
      refuseOtherLayout(await migrationState(connections.read));
      return async () => {};
    },
  });
  try {
    return await work(core);
  } finally {
    await core.close();
  }
}

/** The operator as the actor of a request: `cli` in the audit log. */
export function operatorRequest({ newId, clock }: PlatformCore, account_id: string): RequestContext {
  const now = clock.now();
  return {
    request_id: newId('request', now),
    now,
    address: 'local',
    actor: { account_id, key_id: 'cli', key_type: 'admin', product_ids: null, plan: unlimited },
  };
}

/** The account a command is about: the one named, or the only one. */
export async function chooseAccount({ uow }: PlatformCore, named: string | undefined): Promise<string> {
  const accounts = await uow.read.accounts.list();
  if (named !== undefined) {
    if (accounts.some(({ id }) => id === named)) return named;
    throw new CliError(ExitCode.usage, `There is no account ${named}; \`account list\` shows all.`);
  }
  const [only, ...others] = accounts;
  if (!only) throw new CliError(ExitCode.usage, 'There is no account yet; make one with `account create`.');
  if (others.length === 0) return only.id;
  throw new CliError(
    ExitCode.usage,
    'There are several accounts; name one with --account. `account list` shows all.',
  );
}
