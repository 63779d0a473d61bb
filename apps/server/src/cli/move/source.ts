import { hash } from 'node:crypto';
import type { PlatformCore } from '../../core.ts';
import { migrationState } from '../../platform/db/migrate.ts';
import { brokenPromises } from '../doctor/promises.ts';
import { type Cli, CliError, ExitCode } from '../support/cli.ts';
import { refuseOtherLayout } from '../support/layout.ts';
import { digestOf } from './digest.ts';
import { readSchema, type Table } from './schema.ts';
import { leftTables, movedTables } from './tables.ts';

/** Every call and every change leaves something in one of these. */
const restlessTables = ['accounts', 'account_counters', 'signing_keys', 'jobs'];

/**
 * The tables to be moved.
 *
 * @throws {CliError} when the source is not of this version, or the master key is not its own.
 */
export async function readSource(cli: Cli, source: PlatformCore): Promise<Table[]> {
  const db = source.connections.read;
  refuseOtherLayout(await migrationState(db));
  const sealed: { kid: string; private_key_sealed: string } | undefined = await db('signing_keys').first();
  try {
    if (sealed) source.signingKeySeal.open(sealed.private_key_sealed, sealed.kid);
  } catch {
    throw new CliError(ExitCode.environment, 'The keys are not those that the source was made with.');
  }
  const schema = await readSchema(source.dialect, db);
  for (const { name } of schema) {
    if (!movedTables.includes(name) && !(name in leftTables))
      cli.note(`${name} is no table of this version: it stays behind.`);
  }
  return schema.filter(({ name }) => movedTables.includes(name));
}

/** @throws {CliError} when the source breaks a promise: the target would break it too, and nobody could tell why. */
export async function refuseBrokenSource({ connections }: PlatformCore): Promise<void> {
  const [broken] = await brokenPromises(connections.read);
  if (broken)
    throw new CliError(
      ExitCode.problem,
      `The source is not in order: ${broken}. \`doctor\` says what to do; then move it.`,
    );
}

/** Changes whenever a server or a command has worked on the source. */
export async function stateOfSource(
  { connections }: PlatformCore,
  tables: readonly Table[],
): Promise<string> {
  const digests = [];
  for (const table of tables) {
    if (restlessTables.includes(table.name)) digests.push(await digestOf(connections.read, table));
  }
  return hash('sha256', JSON.stringify(digests));
}
