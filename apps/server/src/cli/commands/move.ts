import type { Command } from 'commander';
import { type MoveReport, move } from '../move/move.ts';
import { nameOf, type Place, placeOf } from '../move/place.ts';
import { type Cli, ExitCode } from '../support/cli.ts';
import { table } from '../support/text.ts';

export function moveCommand(program: Command, cli: Cli): void {
  program
    .command('move')
    .description(
      'moves the whole installation into another database and compares both; the server must be stopped',
    )
    .requiredOption('--from <place>', 'sqlite:<data dir>, or postgres://…', placeOf)
    .requiredOption('--to <place>', 'the other one, new and empty', placeOf)
    .option('--check', 'compares only, and copies nothing', false)
    .option('--json', 'one JSON document')
    .action(async ({ from, to, check, json }) => {
      const report = await move(cli, { from, to, isCheck: check });
      cli.answer(json, report, inWords(report, { from, to, isCheck: check }));
      if (report.problems.length > 0) cli.endWith(ExitCode.problem);
    });
}

function inWords(
  { tables, seats, invoices, chains, problems, copied, copy_ms, keys_dir }: MoveReport,
  { from, to, isCheck }: { from: Place; to: Place; isCheck: boolean },
): string {
  const rate = Math.round(copied / Math.max(copy_ms / 1_000, 0.001));
  return [
    ...(isCheck
      ? []
      : [`Copied ${copied.toLocaleString('en')} rows, ${rate.toLocaleString('en')} a second.`, '']),
    table(
      ['table', 'rows', 'checksum'],
      tables.map((one) => [one.table, one.rows, one.checksum.slice(0, 16)]),
    ),
    '',
    `seats: ${seats.taken} taken, ${seats.active_devices} active devices`,
    ...invoices.map(
      (sum) =>
        `invoices ${sum.status} in ${sum.currency}: ${sum.invoices}, total ${sum.total}, due ${sum.amount_due}, paid ${sum.amount_paid}`,
    ),
    ...chains.map(({ account_id, verified, head, broken }) =>
      broken
        ? `audit chain of ${account_id}: BROKEN at ${broken}`
        : `audit chain of ${account_id}: ${verified} entries hold, last hash ${head || 'none'}`,
    ),
    '',
    ...problems.map((problem) => `PROBLEM  ${problem}`),
    ...(problems.length > 0
      ? [`The two sides are not the same.${isCheck ? '' : ' Make the target anew, and move again.'}`]
      : [
          'Both sides are the same, and usage is counted right.',
          ...whatNext({ from, to, isCheck, keys_dir }),
        ]),
  ].join('\n');
}

function whatNext({
  from,
  to,
  isCheck,
  keys_dir,
}: {
  from: Place;
  to: Place;
  isCheck: boolean;
  keys_dir: string;
}): string[] {
  if (isCheck) return [];
  return [
    `The keys were not moved: ${keys_dir}/keys must stay with the server, in its DATA_DIR. Without the master key nothing sealed can be opened.`,
    to.kind === 'postgres'
      ? `Next: start the server with DATABASE_URL set to ${nameOf(to)}, and never again on the old file.`
      : `Next: start the server with DATA_DIR=${keys_dir} and without DATABASE_URL, and never again on ${nameOf(from)}.`,
  ];
}
