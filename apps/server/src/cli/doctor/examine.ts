import { existsSync, readFileSync, statfsSync, statSync } from 'node:fs';
import type { Knex } from 'knex';
import type { Config } from '../../config/config.ts';
import { createDialect, dataPaths } from '../../core.ts';
import { loadPlanCatalogue } from '../../modules/plans/index.ts';
import { type Clock, minuteMs } from '../../platform/clock.ts';
import { parseMasterKey } from '../../platform/crypto/master-key.ts';
import { createSeal } from '../../platform/crypto/seal.ts';
import { migrationState } from '../../platform/db/migrate.ts';
import { createJobQueue } from '../../platform/jobs/job-queue.ts';
import { bad, type Finding, well } from './finding.ts';
import { examineJobs } from './jobs.ts';
import { brokenPromises, newestMoment } from './promises.ts';

const freeBytesMin = 512 * 1024 * 1024;

/** Looks at everything an installation needs. It changes nothing. */
export async function examine(config: Config, clock: Clock): Promise<Finding[]> {
  return [
    checkPlans(config),
    checkDisk(config),
    ...checkKeys(config),
    ...(await checkDatabase(config, clock)),
  ];
}

function checkPlans({ planFile }: Config): Finding {
  try {
    return well('plans', `${loadPlanCatalogue(planFile).list().length} plans in ${planFile}`);
  } catch (error) {
    return bad('plans', (error as Error).message, `Mend ${planFile}, or unset PLAN_FILE.`);
  }
}

function checkDisk({ dataDir }: Config): Finding {
  if (!existsSync(dataDir))
    return bad(
      'disk',
      `${dataDir} does not exist`,
      'Set DATA_DIR to that of the server, or start the server once.',
    );
  const { bavail, bsize } = statfsSync(dataDir);
  const freeMb = Math.floor((bavail * bsize) / 1024 / 1024);
  return bavail * bsize < freeBytesMin
    ? bad('disk', `${freeMb} MB free`, 'Make room: a full disk stops every change.')
    : well('disk', `${freeMb} MB free in ${dataDir}`);
}

function checkKeys({ dataDir }: Config): Finding[] {
  const { masterKey, rootKey } = dataPaths(dataDir);
  return [masterKey, rootKey].map((path) => {
    if (!existsSync(path))
      return bad('keys', `${path} is missing`, 'Put it back from a backup: it cannot be made anew.');
    const isOpen = process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0;
    return isOpen ? bad('keys', `${path} can be read by others`, `chmod 600 ${path}`) : well('keys', path);
  });
}

async function checkDatabase(config: Config, clock: Clock): Promise<Finding[]> {
  const { sqlite, masterKey } = dataPaths(config.dataDir);
  if (!config.databaseUrl && !existsSync(sqlite))
    return [bad('database', `${sqlite} does not exist`, 'Restore a backup, or start the server once.')];
  const dialect = createDialect(config);
  const connections = dialect.connect();
  try {
    const db = connections.read;
    const damage = await dialect.findDamage(db);
    if (damage.length > 0) return [bad('database', damage.join('; '), 'Restore the newest backup.')];
    const { applied, pending, unknown } = await migrationState(db);
    if (unknown.length > 0)
      return [bad('database', 'its layout is newer than this version', 'Use the newer version.')];
    if (pending.length > 0)
      return [bad('database', `${pending.length} changes of layout are due`, 'Start the server once.')];
    const claimed = await dialect.isClaimed();
    const newest = await newestMoment(db);
    const ahead = newest - clock.now();
    const broken = await brokenPromises(db);
    const jobs = createJobQueue({ sql: dialect.sqlRunner(db), touch: () => {}, skipLocked: '' });
    return [
      well('database', `${dialect.name}, layout ${applied}`),
      ...(await checkKeysFit(db, masterKey)),
      ahead > minuteMs
        ? bad(
            'clock',
            `the database knows a moment ${Math.ceil(ahead / minuteMs)} minutes ahead`,
            'Set the clock right: leases and expiry depend on it.',
          )
        : well('clock', new Date(clock.now()).toISOString()),
      ...(broken.length > 0
        ? broken.map((found) =>
            bad('promises', found, 'Stop the server, restore a backup, and report this: it must not happen.'),
          )
        : [well('promises', 'seats and webhook endpoints are counted right, and no event is missing')]),
      ...(await examineJobs(jobs, { now: clock.now(), isServed: claimed })),
      well('server', claimed === null ? 'not asked on PostgreSQL' : claimed ? 'runs' : 'does not run'),
    ];
  } catch (error) {
    const explained = dialect.explainFailure(error);
    return [bad('database', (error as Error).message, explained ?? 'Check DATA_DIR and DATABASE_URL.')];
  } finally {
    await connections.close();
  }
}

/** Can this master key open what the database keeps sealed? Reads the file: loading it would make a missing one. */
async function checkKeysFit(db: Knex, masterKeyFile: string): Promise<Finding[]> {
  const sealed: { kid: string; private_key_sealed: string } | undefined = await db('signing_keys').first();
  if (!sealed || !existsSync(masterKeyFile)) return [];
  try {
    const masterKey = parseMasterKey(readFileSync(masterKeyFile, 'utf8'));
    createSeal(masterKey.derive('signing-keys')).open(sealed.private_key_sealed, sealed.kid);
    return [well('master key', 'it opens what the database keeps sealed')];
  } catch {
    return [
      bad(
        'master key',
        `${masterKeyFile} is not the one this database was made with`,
        'Put the right one back from a backup, before a server starts.',
      ),
    ];
  }
}
