import { type Command, InvalidArgumentError } from 'commander';
import { fillWithDemo } from '../demo/fill-with-demo.ts';
import { type Cli, ExitCode } from '../support/cli.ts';
import { withCore } from '../support/open.ts';
import { nameOf, wholeNumber } from '../support/options.ts';

const licensesMax = 10_000_000;

/** Fills an installation with something to look at. */
export function demoCommand(program: Command, cli: Cli): void {
  program
    .command('demo')
    .description(
      'makes a new account full of demo data: products, customers, licenses, devices, two years of history',
    )
    .option('--name <name>', 'what people read; left out: "Demo" and the day', nameOf)
    .option('--licenses <n>', 'so many licenses', licenseCount, 200)
    .option('--seed <n>', 'the same number gives the same data, apart from keys and ids', wholeNumber, 1)
    .option('--json', 'one JSON document')
    .action((options) =>
      withCore(cli, async (core) => {
        const { licenses, seed } = options;
        const name: string = options.name ?? `Demo ${new Date(core.clock.now()).toISOString().slice(0, 10)}`;
        const progress = cli.progress(licenses, 'licenses');
        const watch = { progress, interrupted: cli.untilInterrupted() };
        const made = await fillWithDemo(core, { name, licenses, seed }, watch).finally(() => progress.end());

        const { account_id, admin_key, read_only_key, channel_key, counts, interrupted } = made;
        const counted = Object.entries(counts).map(
          ([what, count]) => `${count.toLocaleString('en')} ${what.replace('_', ' ')}`,
        );
        const text = [
          `Made ${account_id}, "${name}": ${counted.join(', ')}.`,
          'Its API keys are shown this once:',
          `  admin      ${admin_key}`,
          `  read only  ${read_only_key}`,
          `  channel    ${channel_key}`,
          ...(interrupted
            ? [`Interrupted: ${licenses} licenses were asked for. What there is is whole.`]
            : []),
        ];
        cli.answer(options.json, made, text.join('\n'));
        if (interrupted) cli.endWith(ExitCode.problem);
      }),
    );
}

function licenseCount(text: string): number {
  const count = wholeNumber(text);
  if (count < 1 || count > licensesMax)
    throw new InvalidArgumentError(`It must be from 1 to ${licensesMax.toLocaleString('en')}.`);
  return count;
}
