import { isDeepStrictEqual } from 'node:util';
import type { PlatformCore } from '../../core.ts';
import { migrate, migrationState, unfinishedMove } from '../../platform/db/migrate.ts';
import { CliError, ExitCode } from '../support/cli.ts';
import { refuseNewerLayout, refuseOtherLayout } from '../support/layout.ts';
import { nameOf, type Place } from './place.ts';
import { beginProgress, type PartProgress, readProgress } from './progress-table.ts';
import { readSchema, type Table } from './schema.ts';
import type { Part } from './tables.ts';

interface Preparation {
  readonly place: Place;
  readonly parts: readonly Part[];
  /** What the source is at this moment. */
  readonly stateOfSource: string;
  /** Asked before a move begins; throws when the source is not fit for it. */
  readonly refuseSource: () => Promise<void>;
}

/**
 * Makes the target ready to be filled, or finds how far it is.
 *
 * @throws {CliError} when the target holds something else.
 */
export async function prepareTarget(
  { connections, dialect }: PlatformCore,
  { place, parts, stateOfSource, refuseSource }: Preparation,
): Promise<ReadonlyMap<string, PartProgress>> {
  const db = connections.write;
  const begun = await readProgress(db);
  if (begun) {
    if (begun.source !== stateOfSource)
      throw new CliError(
        ExitCode.problem,
        `Into ${nameOf(place)} something else is being moved, or the source has changed since. Make that database anew, and begin again.`,
      );
    return begun.parts;
  }
  const { unknown } = await migrationState(db);
  refuseNewerLayout({ unknown });
  const names = new Set(parts.map(({ table }) => table.name));
  const refuseRows = async () => {
    for (const { name } of await readSchema(dialect, db)) {
      if (names.has(name) && (await db(name).first()))
        throw new CliError(
          ExitCode.problem,
          `${nameOf(place)} is not empty: there are ${name}. A move needs a new database.`,
        );
    }
  };
  // Before the migrations too: they would change an installation that is none of our business.
  await refuseRows();
  await refuseSource();
  await migrate(db);
  await refuseRows();
  await beginProgress(db, stateOfSource, parts);
  return new Map();
}

/** @throws {CliError} when the target is laid out in another way than the source. */
export async function refuseOtherTables(
  { connections, dialect }: PlatformCore,
  tables: readonly Table[],
): Promise<void> {
  const { pending, unknown } = await migrationState(connections.read);
  refuseOtherLayout({ pending, unknown: unknown.filter((name) => name !== unfinishedMove) });
  const schema = await readSchema(dialect, connections.read);
  for (const { name, columns } of tables) {
    const twin = schema.find((table) => table.name === name);
    if (!isDeepStrictEqual(twin?.columns, columns))
      throw new CliError(ExitCode.environment, `${name} has other columns in the target than in the source.`);
  }
}
