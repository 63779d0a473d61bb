import { existsSync } from 'node:fs';
import type { Config } from '../../config/config.ts';
import { createDialect, dataPaths, explainStart } from '../../core.ts';
import type { Connections, Dialect } from '../../platform/db/dialect/dialect.ts';
import { migrate, migrationState } from '../../platform/db/migrate.ts';
import { CliError, ExitCode } from '../support/cli.ts';
import { refuseNewerLayout } from '../support/layout.ts';

/** How a database stands, and what was done to it. */
interface MigrationReport {
  /** So many migrations are in it now. */
  readonly applied: number;
  /** What this run did; another that ran at the same time may have done the rest. */
  readonly ran: readonly string[];
  readonly pending: readonly string[];
}

/** Looks, and changes nothing. */
export const checkMigrations = (config: Config): Promise<MigrationReport> =>
  withDatabase(config, async (_dialect, connections) => ({ ...(await stateOf(connections)), ran: [] }));

/** Brings the database that the settings name up to date. On PostgreSQL a new, empty one as well. */
export const runMigrations = (config: Config): Promise<MigrationReport> =>
  withDatabase(config, async (dialect, connections) => {
    const before = await stateOf(connections);
    if (before.pending.length === 0) return { ...before, ran: [] };
    // On SQLite this keeps a server away, and another run; PostgreSQL lets them wait for their turn.
    const release = await dialect.claim();
    try {
      const ran = await dialect.oneAtATime(connections, () => migrate(connections.write));
      return { ...(await stateOf(connections)), ran };
    } finally {
      await release();
    }
  });

async function stateOf({ write }: Connections): Promise<Omit<MigrationReport, 'ran'>> {
  const { applied, pending, unknown } = await migrationState(write);
  refuseNewerLayout({ unknown });
  return { applied, pending };
}

async function withDatabase<Result>(
  config: Config,
  work: (dialect: Dialect, connections: Connections) => Promise<Result>,
): Promise<Result> {
  // Opening would make the file: a wrong DATA_DIR would then look like a new installation.
  if (!config.databaseUrl && !existsSync(dataPaths(config.dataDir).sqlite))
    throw new CliError(
      ExitCode.environment,
      `There is no installation in ${config.dataDir}; set DATA_DIR to that of the server.`,
    );
  const dialect = createDialect(config);
  const connections = dialect.connect();
  try {
    return await work(dialect, connections);
  } catch (error) {
    throw explainStart(dialect, error);
  } finally {
    await connections.close();
  }
}
