import type { Knex } from 'knex';
import { createLateWrites, type LateWritesOwner } from '../late-writes.ts';
import type { RunTransaction, SqlRunner } from './dialect.ts';
import { preparedStatements } from './sqlite-statements.ts';

/** At most so many pieces of work share a commit, and none waits longer than this for others to join. */
const batchSizeMax = 64;
const batchTimeMaxMs = 10;

interface Job {
  readonly work: Parameters<RunTransaction>[0];
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets concurrent transactions share one commit. A commit waits for the disk, and that wait is most of its price; each
 * piece of work still stands or falls alone (a savepoint), and nobody gets an answer before the shared commit is
 * durable. Work that comes alone commits alone, at once.
 *
 * When the database itself gives up a transaction (disk full, for instance), all that shared it fail together.
 */
export function groupCommit(db: Knex): RunTransaction {
  const queue: Job[] = [];
  let isRunning = false;

  const runQueue = async (): Promise<void> => {
    isRunning = true;
    while (queue.length > 0) await runBatch(db, queue);
    isRunning = false;
  };

  return (work) =>
    new Promise((resolve, reject) => {
      queue.push({ work, resolve: resolve as Job['resolve'], reject });
      if (!isRunning) void runQueue();
    });
}

async function runBatch(db: Knex, queue: Job[]): Promise<void> {
  const settle: (() => void)[] = [];
  const started: Job[] = [];
  try {
    const late = await db.transaction(async (trx) => {
      const sql = preparedStatements(trx);
      const late = createLateWrites(trx);
      const deadline = performance.now() + batchTimeMaxMs;
      while (started.length < batchSizeMax && performance.now() < deadline) {
        const job = queue.shift();
        if (!job) break;
        started.push(job);
        settle.push(await runJob(job, { trx, sql, late }));
      }
      await late.settle();
      return late;
    });
    late.committed();
    for (const done of settle) done();
  } catch (error) {
    // A commit that failed leaves its transaction open on the only connection; where there is none, this fails in peace.
    await db.raw('rollback').catch(() => {});
    // Where not even a transaction could begin, whoever waits first is told, and the next tries again.
    const refused = started.length > 0 ? started : queue.splice(0, 1);
    for (const job of refused) job.reject(error);
  }
}

/** Runs one piece of work inside a savepoint. @returns what to tell its caller once the batch is committed. */
async function runJob(
  job: Job,
  { trx, sql, late }: { trx: Knex; sql: SqlRunner; late: LateWritesOwner },
): Promise<() => void> {
  // Never released one by one: of several savepoints of one name the newest counts, and the commit releases all.
  await sql('savepoint job', []);
  const before = late.snapshot();
  try {
    const result = await job.work(trx, late);
    return () => job.resolve(result);
  } catch (error) {
    // Fails when the database has given up the whole transaction; then the batch fails with it.
    await sql('rollback to job', []);
    late.restore(before);
    return () => job.reject(error);
  }
}
