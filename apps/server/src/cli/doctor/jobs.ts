import { minuteMs, toTimestamp } from '../../platform/clock.ts';
import type { DeadJob, FailingJob, JobQueue } from '../../platform/jobs/job-queue.ts';
import { bad, type Finding, well } from './finding.ts';

/** Later than this, a job is not just behind others. */
const overdueAfterMs = 10 * minuteMs;
/** Runs that failed one after the other before it is told: a database that was away for a moment is none. */
const failuresMin = 5;
const listedMax = 20;

/**
 * What the server does by itself: whether it gets to it, and what fails.
 *
 * @param isServed whether a server runs; null: it cannot be told.
 */
export async function examineJobs(
  jobs: Pick<JobQueue, 'listDead' | 'listFailing' | 'countOverdue'>,
  { now, isServed }: { now: number; isServed: boolean | null },
): Promise<Finding[]> {
  const dead = await jobs.listDead(listedMax + 1);
  const failing = await jobs.listFailing(failuresMin, listedMax + 1);
  const overdue = await jobs.countOverdue(now - overdueAfterMs, now);
  const late = overdue.map(({ kind, count, run_at }) => {
    const minutes = Math.floor((now - run_at) / minuteMs);
    return `${count} of ${kind} overdue, the longest by ${minutes} minutes`;
  });
  const problems = [
    ...listed(dead, ofDead),
    ...listed(failing, ofFailing),
    ...(isServed === false ? [] : late.map((found) => bad('jobs', found, notReached(isServed)))),
  ];
  if (problems.length > 0) return problems;
  return [
    well('jobs', late.length > 0 ? `${late.join('; ')}: they wait for a server` : 'none fails or is late'),
  ];
}

function listed<Job>(jobs: readonly Job[], toFinding: (job: Job) => Finding): Finding[] {
  const findings = jobs.slice(0, listedMax).map(toFinding);
  return jobs.length > listedMax
    ? [...findings, bad('jobs', 'and more of these', 'Mend those above first.')]
    : findings;
}

const ofDead = ({ kind, key, attempts, last_error, dead_at }: DeadJob): Finding =>
  bad(
    'jobs',
    `${kind} of ${key} was given up at ${toTimestamp(dead_at)} after ${attempts} runs: ${inOneLine(last_error)}`,
    `Mend the cause. ${howRevived[kind] ?? 'The next start of a server begins it anew.'}`,
  );

const ofFailing = ({ kind, key, attempts, last_error, run_at }: FailingJob): Finding =>
  bad(
    'jobs',
    `${kind} of ${key} has failed ${attempts} times in a row: ${inOneLine(last_error)}`,
    `Mend the cause. It is tried again at ${toTimestamp(run_at)}.`,
  );

/** What begins work anew that does not repeat by itself. */
const howRevived: Readonly<Record<string, string>> = {
  'webhooks.fan-out': 'The next event of that account begins it anew.',
  'webhooks.deliver': 'Redeliver or recover at that endpoint, and it begins anew.',
};

const notReached = (isServed: true | null): string =>
  isServed
    ? 'The server does not get to its jobs. Look in its log for "job", and restart it.'
    : 'No server gets to its jobs. Start one; where one runs, look in its log for "job", and restart it.';

const inOneLine = (text: string | null): string => (text ?? 'no error was noted').replaceAll(/\s+/g, ' ');
