// Jotter is a notepad for the command line, licensed with @thrivetech/sdk. Copy from it what you need.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createFileStore, type LicenseState, ThriveError, ThriveLicense } from '@thrivetech/sdk';

const help = `Jotter keeps your notes.

  activate <license key>                          use a license on this machine
  activate <license key> --replace <device id>    move its seat here from another machine
  trial                                           try it for free
  status                                          the license that is here, and the device id of this machine
  write <text>                                    keep a note
  list                                            show the notes
  deactivate                                      free the seat of this machine`;

const noSeatFree = `All seats of this license are taken. To move one here, run "status" on the machine that gives it up, then
here: activate <license key> --replace <device id>`;

// What your build puts into your app. The root keys are the one thing that it trusts, so they are part of it: save
// /.well-known/thrive-keys.json of your own server once, and never fetch it while the app runs.
const { THRIVE_URL = 'http://127.0.0.1:4000', THRIVE_CHANNEL_KEY = '', THRIVE_PRODUCT_ID = '' } = process.env;
const keysFile = process.env['THRIVE_KEYS_FILE'] ?? join(import.meta.dirname, 'thrive-keys.json');

const home = process.env['JOTTER_HOME'] ?? join(homedir(), '.jotter');
const notes = join(home, 'notes.txt');

function openLicense(): ThriveLicense {
  return new ThriveLicense({
    baseUrl: THRIVE_URL,
    channelKey: THRIVE_CHANNEL_KEY,
    productId: THRIVE_PRODUCT_ID,
    rootKeys: JSON.parse(readFileSync(keysFile, 'utf8')).root_keys,
    storage: createFileStore({ productId: THRIVE_PRODUCT_ID, directory: home }),
    appVersion: '1.0.0',
  });
}

async function jotter(command: string, text: string, replaceDeviceId?: string): Promise<void> {
  if (command === 'help') return console.log(help);
  const license = openLicense();
  await license.load();
  switch (command) {
    case 'activate':
      await license.activate(text, { replaceDeviceId });
      return console.log(describe(license.check()));
    case 'trial':
      await license.startTrial();
      return console.log(describe(license.check()));
    case 'deactivate':
      await license.deactivate();
      return console.log(describe(license.check()));
    case 'status':
      return console.log(describe(await license.refreshIfDue()));
    case 'write':
      if (!(await mayWrite(license))) return;
      mkdirSync(home, { recursive: true });
      appendFileSync(notes, `${text}\n`);
      return console.log('Noted.');
    case 'list':
      // What users made is theirs: to read it takes no license.
      return console.log(
        existsSync(notes) ? readFileSync(notes, 'utf8').trimEnd() : 'There are no notes yet.',
      );
    default:
      throw new Error(`There is no command "${command}".`);
  }
}

/**
 * The one question that the whole app asks; it is answered without a network. An app that stays open calls
 * `license.start()` once, and `license.check()` here.
 */
async function mayWrite(license: ThriveLicense): Promise<boolean> {
  const state = await license.refreshIfDue();
  if (!state.isLicensed) process.exitCode = 1;
  if (!state.isLicensed || state.status === 'grace') console.error(describe(state));
  return state.isLicensed;
}

/** What a user reads, for every state there is: the compiler misses one that is forgotten. */
function describe(state: LicenseState): string {
  switch (state.status) {
    case 'active':
      return `Licensed (${state.license.keyMasked ?? state.license.id}). Device id: ${state.deviceId}`;
    case 'trial':
      return `Your trial runs until ${day(state.endsAt)}.`;
    case 'grace':
      if (state.reason === 'license_ended')
        return `Your license has ended. Renew it before ${day(state.graceUntil)}.`;
      return `Jotter has not reached its server for a while. Go online before ${day(state.graceUntil)}.`;
    case 'expired':
      if (state.reason === 'trial_ended') return 'Your trial is over. Activate a license key to go on.';
      if (state.reason === 'license_ended')
        return `Your license ended on ${day(state.endedAt)}. Renew it to go on.`;
      return 'Jotter has not reached its server for too long. Go online to go on.';
    case 'device_limit':
      return noSeatFree;
    case 'suspended':
      return 'Your license is suspended. Please contact us.';
    case 'revoked':
      return 'Your license is not valid any more. Please contact us.';
    case 'clock_rollback':
      return `The clock of this machine is wrong: it should show ${day(state.latestKnown)} or later.`;
    case 'tampered':
      return 'The license on this machine cannot be used. Activate your license key again.';
    case 'unlicensed':
      return 'There is no license here. Activate a license key, or start a trial.';
  }
}

const day = (date: Date): string => date.toISOString().slice(0, 10);

try {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { replace: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  });
  const [command = 'help', ...words] = values.help ? [] : positionals;
  await jotter(command, words.join(' '), values.replace);
} catch (error) {
  const { message, code } = error as ThriveError;
  const isOurs = error instanceof ThriveError;
  console.error(!isOurs ? message : code === 'DEVICE_LIMIT_REACHED' ? noSeatFree : `${message} (${code})`);
  process.exitCode = 1;
}
