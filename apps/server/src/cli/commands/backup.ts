import { resolve } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../../config/config.ts';
import { dataPaths } from '../../core.ts';
import { writeBackup } from '../backup/backup-file.ts';
import { restoreBackup } from '../backup/restore.ts';
import type { Cli } from '../support/cli.ts';
import { withCore } from '../support/open.ts';

export function backupCommands(program: Command, cli: Cli): void {
  program
    .command('backup <file>')
    .description('writes the whole installation into one file, also while the server runs; it holds the keys')
    .option('--json', 'one JSON document')
    .action((name: string, options) =>
      withCore(cli, async (core) => {
        const file = resolve(name);
        await writeBackup(core, dataPaths(readConfig(cli.env).dataDir), file);
        cli.answer(options.json, { file }, `Wrote ${file}. It holds the keys: keep it like one.`);
      }),
    );

  program
    .command('restore <file>')
    .description('puts a backup in the place of this installation; the server must be stopped')
    .option('--force', 'also when there is an installation: it is moved aside', false)
    .option('--json', 'one JSON document')
    .action(async (name: string, options) => {
      const { force, json } = options;
      const replaced = await restoreBackup(readConfig(cli.env), resolve(name), {
        force,
        now: cli.clock.now(),
      });
      const moved = replaced ? ` What was there before lies in ${replaced}.` : '';
      cli.answer(json, { replaced }, `Restored.${moved} Next: npm run thrive -- doctor`);
    });
}
