import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ProcedureContract } from '@thrivetech/contracts';
import { afterAll, beforeAll } from 'vitest';
import type { StormAnswer, StormCall } from './storm-worker.ts';

/** Several processes that call at the same moment: parallel in earnest, not turns of one event loop. */
export interface Storm {
  /** Spreads the calls over the processes and fires them all. @returns the answers in the order of the calls. */
  fire(calls: readonly StormCall[]): Promise<StormAnswer[]>;
}

const workersCount = 4;

/** Starts the processes before the tests of a `describe` and ends them after. */
export function useStorm(): Storm {
  let workers: ChildProcess[] = [];
  beforeAll(async () => {
    workers = Array.from({ length: workersCount }, () =>
      fork(join(import.meta.dirname, 'storm-worker.ts'), ['storm-worker'], { execArgv: [] }),
    );
    await Promise.all(workers.map((worker) => once(worker, 'message')));
  });
  afterAll(async () => {
    await Promise.all(
      workers.map(async (worker) => {
        const gone = once(worker, 'exit');
        worker.kill('SIGKILL');
        await gone;
      }),
    );
  });

  return {
    async fire(calls) {
      // A lane stays in one process, which keeps its order; the others are dealt out one by one.
      const lanes = [...new Set(calls.map((call, index) => call.lane ?? index))];
      const dealt = calls.map((call, index) => lanes.indexOf(call.lane ?? index) % workers.length);
      const answers = await Promise.all(
        workers.map(async (worker, n) => {
          const mine = calls.filter((_call, index) => dealt[index] === n);
          if (mine.length === 0) return [];
          const reported = once(worker, 'message');
          worker.send(mine);
          return (await reported)[0] as StormAnswer[];
        }),
      );
      return dealt.map((n) => answers[n]?.shift() as StormAnswer);
    },
  };
}

/** A call over REST for a storm. */
export const stormCall = (
  baseUrl: string,
  contract: ProcedureContract,
  key: string,
  body: unknown,
  lane?: string,
): StormCall => ({ url: `${baseUrl}/api/v1${contract.path}`, key, body, lane });

/** How often each outcome came: a result, or an error code. */
export function tally(answers: readonly StormAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const outcome = body?.data?.result ?? body?.error?.code ?? String(status);
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}
