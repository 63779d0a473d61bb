// Installs what is missing, so that `npm start`, `npm test` and `npm run check` work on a fresh clone.
// Plain Node 20 without dependencies.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pinnedNode, root, run, runNpm } from './processes.mjs';

const lockDir = join(root, '.installing');
const sqliteDriver = join(root, 'node_modules', 'sqlite3', 'build', 'Release', 'node_sqlite3.node');

/**
 * Makes sure that what package-lock.json asks for is installed, or ends the process with one sentence.
 * Everything said goes to standard error: standard output belongs to the program that is started afterwards.
 */
export async function ensureInstalled({ log = (text) => process.stderr.write(`${text}\n`) } = {}) {
  if (Number(process.versions.node.split('.')[0]) < 20) {
    log(`This needs Node 20 or newer to start with; here is ${process.version}.`);
    process.exit(1);
  }
  if (isInstalled()) return;
  await takeLock(log);
  try {
    if (!isInstalled()) await install(log);
  } catch (error) {
    log(error.message);
    process.exitCode = 1;
  } finally {
    rmSync(lockDir, { recursive: true, force: true });
  }
  if (process.exitCode) process.exit();
}

async function install(log) {
  const isFirst = !existsSync(join(root, 'node_modules'));
  if (isFirst)
    log(
      'Installing packages. The SQLite driver is compiled from source, so this first time takes two minutes or so.',
    );
  else log('Packages have changed since they were installed; installing what is missing.');

  // `npm ci` starts from nothing and would compile again; later changes need only what is new.
  const command = isFirst ? ['ci'] : ['install', '--no-save'];
  const toStandardError = { stdio: ['ignore', 2, 2] };
  const installed = await runNpm([...command, '--loglevel=error', '--json=false'], toStandardError);
  if (installed.signal) throw new Error('The installation was interrupted; start it again.');
  if (installed.code !== 0)
    throw new Error(`Installing packages failed; npm says why above. ${compilerHint()}`);

  if (!existsSync(pinnedNode) || !existsSync(sqliteDriver)) {
    await runNpm(['rebuild', 'node', 'sqlite3', '--loglevel=error', '--json=false'], toStandardError);
  }
  const loads =
    existsSync(pinnedNode) &&
    (await run(pinnedNode, ['-e', "require('sqlite3')"], { stdio: 'ignore' })).code === 0;
  if (!loads) throw new Error(`The compiled SQLite driver does not load. ${compilerHint()}`);
}

function compilerHint() {
  return (
    'If it is the SQLite driver (sqlite3): compiling it needs python3, make and a C++ compiler ' +
    '(Debian: apt-get install python3 make g++) and npm must be allowed to run install scripts.'
  );
}

/** Compares what npm noted of its last installation with what the lock file asks for, so `npm install` by hand counts. */
function isInstalled() {
  try {
    const wanted = readJson('package-lock.json').packages;
    const present = readJson('node_modules/.package-lock.json').packages;
    const same = Object.entries(wanted).every(
      ([path, { version, integrity, optional }]) =>
        !path.includes('node_modules/') ||
        optional || // For other platforms.
        (present[path] && present[path].version === version && present[path].integrity === integrity),
    );
    return same && existsSync(pinnedNode) && existsSync(sqliteDriver);
  } catch {
    return false;
  }
}

const readJson = (path) => JSON.parse(readFileSync(join(root, path), 'utf8'));

/** Two first starts at once must not install into the same folder. A lock whose owner is gone is taken over. */
async function takeLock(log) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      mkdirSync(lockDir);
      writeFileSync(join(lockDir, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (attempt > 0 && !isOwnerAlive()) rmSync(lockDir, { recursive: true, force: true });
    else if (attempt === 0) log('Another process is installing packages; waiting for it.');
    await sleep(500);
  }
}

function isOwnerAlive() {
  try {
    process.kill(Number(readFileSync(join(lockDir, 'pid'), 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
