import { existsSync } from 'node:fs';
import { readConfig } from '../../config/config.ts';
import { dataPaths, openCore, type PlatformCore, StartError } from '../../core.ts';
import { type Cli, CliError, ExitCode } from '../support/cli.ts';
import { nameOf, type Place } from './place.ts';

/** The name under which PostgreSQL lists the connections of a server, and that of ours. */
const serverName = 'thrivetech';
const ownName = 'thrive-move';

/**
 * Opens one side of a move. On SQLite no server can start on it meanwhile.
 *
 * @param keysDir the data dir whose keys both sides are read with.
 */
export async function openPlace(
  cli: Cli,
  place: Place,
  { keysDir, option }: { keysDir: string; option: string },
): Promise<PlatformCore> {
  // Opening would make a new key where there is none.
  if (!existsSync(dataPaths(keysDir).masterKey))
    throw new CliError(
      ExitCode.environment,
      `There is no keys/master.key in ${keysDir}: copy the folder keys of the installation there first.`,
    );
  const DATABASE_URL = place.kind === 'postgres' ? underOwnName(place.url) : undefined;
  const config = readConfig({ ...cli.env, DATA_DIR: keysDir, DATABASE_URL, DATABASE_READ_URL: undefined });
  const runs = new CliError(ExitCode.environment, `A server runs on ${nameOf(place)}; stop it first.`);
  try {
    return await openCore({
      config,
      clock: cli.clock,
      prepare: async (dialect, connections) => {
        if (await dialect.isClaimed()) throw runs;
        // A wrong address is found here, and explained.
        await connections.read.raw('select 1');
        return dialect.claim();
      },
    });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    throw new CliError(ExitCode.environment, error.message.replace('DATABASE_URL', option));
  }
}

/** @throws {CliError} when a server is connected, where many may be. */
export async function refuseServers({ dialect, connections }: PlatformCore, place: Place): Promise<void> {
  if (dialect.name !== 'postgres') return;
  const servers = await dialect.sqlRunner(connections.read)(
    'select pid from pg_stat_activity where datname = current_database() and application_name = ?',
    [serverName],
  );
  if (servers.length > 0)
    throw new CliError(ExitCode.environment, `A server is connected to ${nameOf(place)}; stop it first.`);
}

const underOwnName = (url: string): string =>
  `${url}${url.includes('?') ? '&' : '?'}application_name=${ownName}`;
