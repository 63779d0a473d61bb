import { type migrationState, unfinishedMove } from '../../platform/db/migrate.ts';
import { CliError, ExitCode } from './cli.ts';

type LayoutState = Pick<Awaited<ReturnType<typeof migrationState>>, 'pending' | 'unknown'>;

/** @throws {CliError} when the database is not of this version, or not whole. */
export function refuseOtherLayout({ pending, unknown }: LayoutState): void {
  refuseNewerLayout({ unknown });
  if (pending.length > 0)
    throw new CliError(
      ExitCode.environment,
      'The database is older than this version; `thrive migrate`, or a start of the server, brings it up to date.',
    );
}

/** @throws {CliError} when this version does not know the layout. */
export function refuseNewerLayout({ unknown }: Pick<LayoutState, 'unknown'>): void {
  if (unknown.includes(unfinishedMove))
    throw new CliError(
      ExitCode.environment,
      'A move into this database has not ended; run the same `thrive move` again.',
    );
  if (unknown.length > 0)
    throw new CliError(ExitCode.environment, 'The database is newer than this version; use the newer one.');
}
