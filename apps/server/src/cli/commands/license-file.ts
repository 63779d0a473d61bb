import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { issueLicenseFile as contract, type LicenseRequest } from '@thrivetech/contracts';
import type { Command } from 'commander';
import type { PlatformCore } from '../../core.ts';
import { issueLicenseFile } from '../../modules/activations/index.ts';
import { createLeaseIssuer, openKeyRing } from '../../modules/leases/index.ts';
import { checked } from '../support/checked.ts';
import { type Cli, CliError, ExitCode } from '../support/cli.ts';
import { chooseAccount, operatorRequest, withCore } from '../support/open.ts';
import { wholeNumber } from '../support/options.ts';

/** A request is a few hundred bytes; more is some other file that was named by mistake. */
const requestBytesMax = 65_536;
const requestFormat: LicenseRequest['format'] = 'thrive-license-request';

export function licenseFileCommand(license: Command, cli: Cli): void {
  license
    .command('file <license-id> <request>')
    .description('answers the request file of a machine without a network with a license file')
    .option('--out <file>', 'writes the license file there; left out: to the standard output')
    .option('--lease-days <n>', "how long the machine may go on; left out: the license's own", wholeNumber)
    .option('--replace <device-id>', 'takes the seat of this device')
    .option('--account <id>', 'the only one when left out')
    .option('--json', 'one JSON document')
    .action((licenseId: string, requestFile: string, options) =>
      withCore(cli, async (core) => {
        const input = checked(contract, {
          licenseId,
          request: readRequest(requestFile),
          ...(options.leaseDays !== undefined && { lease_days: options.leaseDays }),
          ...(options.replace && { replace_device_id: options.replace }),
        });
        const out: string | null = options.out ? resolve(options.out) : null;
        if (out !== null && existsSync(out)) throw new CliError(ExitCode.usage, `${out} exists already.`);

        const request = operatorRequest(core, await chooseAccount(core, options.account));
        const issued = await issueLicenseFile(await withSigning(core))(request, input);
        const text = JSON.stringify(issued.file);
        if (out === null) return cli.answer(options.json, issued, text);
        write(out, text);
        const said = `Wrote ${out} for ${issued.device.id} (${issued.result}).`;
        cli.answer(options.json, issued, said);
      }),
    );
}

/** The core with what signs leases. A root key that is kept elsewhere is missed, not made anew. */
async function withSigning(core: PlatformCore) {
  const { uow, newId, clock, rootKeyFile, signingKeySeal: seal } = core;
  if (!existsSync(rootKeyFile))
    throw new CliError(ExitCode.environment, `There is no root key in ${rootKeyFile}; apps trust no other.`);
  const keyRing = await openKeyRing({ uow, seal, rootKeyFile, clock });
  // The number of the lease is stored with its device, in the transaction of the seat.
  const noteSequence = () => {};
  return {
    uow,
    newId,
    keyRing,
    leases: createLeaseIssuer({ keyRing, newId, random: randomBytes, noteSequence }),
  };
}

/** What the file says; the contract judges it. */
function readRequest(name: string): LicenseRequest {
  const path = resolve(name);
  const refuse = (why: string) => new CliError(ExitCode.usage, `${path} ${why}.`);
  let text: string;
  try {
    if (statSync(path).size > requestBytesMax) throw refuse('is too large to be a license request');
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw refuse(`cannot be read: ${(error as Error).message}`);
  }
  const request = parse(text);
  if (request?.format !== requestFormat)
    throw refuse('is no license request; an app writes one with the ending .lreq');
  return request as LicenseRequest;
}

function parse(text: string): { format?: unknown } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, `${text}\n`, { flag: 'wx' });
  } catch (error) {
    throw new CliError(
      ExitCode.environment,
      `${path} was not written: ${(error as Error).message}. The machine has its seat; run the command again for another file.`,
    );
  }
}
