import type { PlatformCore } from '../../core.ts';
import { type Cli, CliError, ExitCode } from '../support/cli.ts';
import { type Comparison, compareSides, type Sides } from './compare.ts';
import { copyPart } from './copy.ts';
import { openPlace, refuseServers } from './open-place.ts';
import type { Place } from './place.ts';
import { endProgress } from './progress-table.ts';
import type { Table } from './schema.ts';
import { readSource, refuseBrokenSource, stateOfSource } from './source.ts';
import { partsInOrder } from './tables.ts';
import { prepareTarget, refuseOtherTables } from './target.ts';

/** What a move did, and how the target stands. */
export interface MoveReport extends Comparison {
  /** Rows that this run copied; one before it may have copied others. */
  readonly copied: number;
  /** How long that took. */
  readonly copy_ms: number;
  /** The folder whose keys belong to the target as to the source. */
  readonly keys_dir: string;
}

interface Move {
  readonly from: Place;
  readonly to: Place;
  /** Copies nothing. */
  readonly isCheck: boolean;
}

/**
 * Moves a whole installation into another database, and compares both afterwards. Killed, it goes on from where it was
 * when it is run again. The source is only read. A target that is not the same as the source is given to no server.
 */
export async function move(cli: Cli, { from, to, isCheck }: Move): Promise<MoveReport> {
  const file = [from, to].find((place) => place.kind === 'sqlite');
  if (!file || from.kind === to.kind)
    throw new CliError(
      ExitCode.usage,
      'One side must be sqlite:… and the other postgres://…; between two of a kind, use `backup` or pg_dump.',
    );
  const keysDir = file.dataDir;
  const source = await openPlace(cli, from, { keysDir, option: '--from' });
  try {
    const target = await openPlace(cli, to, { keysDir, option: '--to' });
    try {
      if (!isCheck) {
        await refuseServers(source, from);
        await refuseServers(target, to);
      }
      // A server that starts on the target meanwhile waits for its turn.
      return await target.dialect.oneAtATime(target.connections, async () => {
        const tables = await readSource(cli, source);
        const filled = isCheck
          ? { copied: 0, copy_ms: 0 }
          : await fill(cli, [source, target], { to, tables });
        await refuseOtherTables(target, tables);
        const comparison = await compare(cli, [source, target], tables);
        if (!isCheck && comparison.problems.length === 0) await endProgress(target.connections.write);
        return { ...filled, keys_dir: keysDir, ...comparison };
      });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function fill(
  cli: Cli,
  sides: Sides,
  { to, tables }: { to: Place; tables: readonly Table[] },
): Promise<Pick<MoveReport, 'copied' | 'copy_ms'>> {
  const [source, target] = sides;
  const parts = partsInOrder(tables);
  const state = await stateOfSource(source, tables);
  const begun = await prepareTarget(target, {
    ...{ place: to, parts, stateOfSource: state },
    refuseSource: () => refuseBrokenSource(source),
  });
  await target.dialect.prepareForBulk(target.connections.write);

  const before = [...begun.values()].reduce((sum, { rows }) => sum + rows, 0);
  let copied = 0;
  const progress = cli.progress(Math.max(1, await countRows(source, tables)), 'rows');
  const interrupted = cli.untilInterrupted();
  const onRows = (count: number) => {
    copied += count;
    progress.reach(before + copied);
  };
  const start = performance.now();
  try {
    for (const part of parts) {
      const isWhole = await copyPart(sides, part, begun.get(part.name), { onRows, interrupted });
      if (!isWhole)
        throw new CliError(
          ExitCode.problem,
          `Interrupted after ${before + copied} rows; the same command goes on from there.`,
        );
    }
  } finally {
    progress.end();
  }
  const copy_ms = Math.round(performance.now() - start);
  // So that the planner knows what came: otherwise it would read whole tables at first.
  if (target.dialect.name === 'postgres') await target.connections.write.raw('analyze');
  return { copied, copy_ms };
}

async function compare(cli: Cli, sides: Sides, tables: readonly Table[]): Promise<Comparison> {
  const [source, target] = sides;
  const total = (await countRows(source, tables)) + (await countRows(target, tables));
  const progress = cli.progress(Math.max(1, total), 'rows compared');
  let compared = 0;
  try {
    return await compareSides(sides, tables, (count) => {
      compared += count;
      progress.reach(compared);
    });
  } finally {
    progress.end();
  }
}

async function countRows({ connections }: PlatformCore, tables: readonly Table[]): Promise<number> {
  let rows = 0;
  for (const { name } of tables) {
    const counted = await connections.read(name).count({ n: '*' }).first();
    rows += Number(counted?.['n'] ?? 0);
  }
  return rows;
}
