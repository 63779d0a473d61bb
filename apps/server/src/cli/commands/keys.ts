import * as contracts from '@thrivetech/contracts';
import { type Command, Option } from 'commander';
import { createApiKey, listApiKeys, revokeApiKey, rotateApiKey } from '../../modules/api-keys/index.ts';
import { checked } from '../support/checked.ts';
import type { Cli } from '../support/cli.ts';
import { chooseAccount, operatorRequest, withCore } from '../support/open.ts';
import { moment, several, wholeNumber } from '../support/options.ts';
import { table } from '../support/text.ts';

export function keyCommands(program: Command, cli: Cli): void {
  const key = program.command('key').description('API keys');
  const inAccount = (command: Command) =>
    command.option('--account <id>', 'the only one when left out').option('--json', 'one JSON document');

  inAccount(key.command('create'))
    .description('makes an API key and shows it, this once')
    .requiredOption('--name <name>', 'what it is for')
    .addOption(
      new Option('--type <type>', 'what it may do').choices(contracts.keyTypes).makeOptionMandatory(),
    )
    .option('--product <id>', 'binds a channel key to this product; may be repeated', several)
    .option('--expires <time>', 'when it ends', moment)
    .action((options) =>
      withCore(cli, async (core) => {
        const request = operatorRequest(core, await chooseAccount(core, options.account));
        const made = await createApiKey(core)(
          request,
          checked(contracts.createApiKey, {
            name: options.name,
            type: options.type,
            ...(options.product && { product_ids: options.product }),
            ...(options.expires && { expires_at: options.expires }),
          }),
        );
        cli.answer(options.json, made, `Made ${made.id}. It is shown this once:\n  ${made.key}`);
      }),
    );

  inAccount(key.command('list'))
    .description('lists API keys, never the keys themselves')
    .option('--limit <n>', 'at most so many, newest first', wholeNumber, 100)
    .action((options) =>
      withCore(cli, async (core) => {
        const request = operatorRequest(core, await chooseAccount(core, options.account));
        const { items } = await listApiKeys(core)(
          request,
          checked(contracts.listApiKeys, { limit: options.limit, sort: '-created_at' }),
        );
        const rows = items.map((item) => [item.id, item.type, item.status, item.last_used_at, item.name]);
        cli.answer(options.json, items, table(['key', 'type', 'status', 'last used', 'name'], rows));
      }),
    );

  inAccount(key.command('revoke <key-id>'))
    .description('revokes an API key')
    .action((apiKeyId: string, options) =>
      withCore(cli, async (core) => {
        const request = operatorRequest(core, await chooseAccount(core, options.account));
        const revoked = await revokeApiKey(core)(request, checked(contracts.revokeApiKey, { apiKeyId }));
        cli.answer(options.json, revoked, `${revoked.id} is revoked.`);
      }),
    );

  inAccount(key.command('rotate <key-id>'))
    .description('replaces an API key; the old one works for an overlap')
    .option('--overlap-hours <n>', 'how long the old one still works', wholeNumber, 24)
    .action((apiKeyId: string, options) =>
      withCore(cli, async (core) => {
        const request = operatorRequest(core, await chooseAccount(core, options.account));
        const overlap_hours: number = options.overlapHours;
        const made = await rotateApiKey(core)(
          request,
          checked(contracts.rotateApiKey, { apiKeyId, overlap_hours }),
        );
        const text = `Made ${made.id}; ${apiKeyId} works for ${overlap_hours} hours more. It is shown this once:\n  ${made.key}`;
        cli.answer(options.json, made, text);
      }),
    );
}
