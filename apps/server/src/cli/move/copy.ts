import type { PlatformCore } from '../../core.ts';
import { insertRows } from '../../platform/db/insert-rows.ts';
import { CliError, ExitCode } from '../support/cli.ts';
import { keyOf, pagesOf, type Row } from './pages.ts';
import { noteCopied, noteDone, type PartProgress } from './progress-table.ts';
import type { Part } from './tables.ts';

type Side = Pick<PlatformCore, 'connections' | 'dialect'>;

/**
 * Copies what is missing of a part.
 *
 * @param onRows hears of rows that are durable in the target.
 * @returns false when it was interrupted before the end.
 */
export async function copyPart(
  [source, target]: readonly [Side, Side],
  part: Part,
  progress: PartProgress | undefined,
  { onRows, interrupted }: { onRows: (count: number) => void; interrupted: AbortSignal },
): Promise<boolean> {
  if (progress?.isDone) return true;
  for await (const rows of pagesOf(source.connections.read, part, progress?.after)) {
    if (interrupted.aborted) return false;
    await writeRows(target, part, rows);
    onRows(rows.length);
  }
  await noteDone(target.connections.write, part);
  return true;
}

async function writeRows(target: Side, part: Part, rows: readonly Row[]): Promise<void> {
  const last = rows.at(-1);
  if (!last) return;
  try {
    await target.connections.transaction(async (trx) => {
      await insertRows(target.dialect.sqlRunner(trx), part.table.name, rows);
      await noteCopied(trx, part, keyOf(part, last), rows.length);
    });
  } catch (error) {
    // The driver's own words stand behind the statement, which is many pages long.
    const why = (error as Error).message.split(' - ').at(-1);
    throw new CliError(
      ExitCode.environment,
      `Rows of ${part.table.name} up to ${keyOf(part, last).join(' ')} cannot be written: ${why}`,
    );
  }
}
