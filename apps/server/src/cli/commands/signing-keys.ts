import type { Command } from 'commander';
import { rotateSigningKey } from '../../modules/leases/index.ts';
import { minuteMs, toTimestamp, toTimestampOrNull } from '../../platform/clock.ts';
import type { Cli } from '../support/cli.ts';
import { operatorRequest, withCore } from '../support/open.ts';
import { table } from '../support/text.ts';

/** Other servers on the database learn of a new key within seconds; until then they sign with the old one. */
const overlapMs = 5 * minuteMs;

export function signingKeyCommands(program: Command, cli: Cli): void {
  const signingKey = program.command('signing-key').description('the keys that sign leases');

  signingKey
    .command('rotate')
    .description('signs leases with a new key from now on; leases in the field stay good')
    .option('--json', 'one JSON document')
    .action((options) =>
      withCore(cli, async (core) => {
        const accounts = await core.uow.read.accounts.list();
        const requests = accounts.map(({ id }) => operatorRequest(core, id));
        const { kid, valid_from } = await rotateSigningKey(
          { uow: core.uow, seal: core.signingKeySeal },
          requests,
          { now: core.clock.now(), overlapMs },
        );
        const made = { kid, valid_from: toTimestamp(valid_from) };
        cli.answer(options.json, made, `${kid} signs from ${made.valid_from} on.`);
      }),
    );

  signingKey
    .command('list')
    .description('lists the keys that sign leases')
    .option('--json', 'one JSON document')
    .action((options) =>
      withCore(cli, async (core) => {
        const keys = (await core.uow.read.signingKeys.list()).map((key) => ({
          kid: key.kid,
          valid_from: toTimestamp(key.valid_from),
          valid_until: toTimestampOrNull(key.valid_until),
        }));
        const rows = keys.map((key) => [key.kid, key.valid_from, key.valid_until]);
        cli.answer(options.json, keys, table(['key', 'from', 'until'], rows));
      }),
    );
}
