import { secondMs } from '../../platform/clock.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { Logger } from '../../platform/logger.ts';
import type { UsageRepository } from './usage.repository.ts';

const flushEveryMs = 2 * secondMs;
/** A transaction writes those of no more accounts: whoever works for one of them waits for it. */
const accountsAtOnceMax = 100;

interface Calls {
  requests: number;
  validations: number;
}

/**
 * Counts the calls of each account in memory and writes the sums every two seconds. A server that is killed loses at most
 * those of the last two seconds: nothing is billed by them (billing.md, "Usage").
 */
export interface CallCounter {
  note(account_id: string, procedure: string): void;
  flush(): Promise<void>;
  /** Writes what is left and stops. */
  close(): Promise<void>;
}

export function createCallCounter({
  uow,
  log,
}: {
  uow: UnitOfWork<{ usage: UsageRepository }>;
  log: Logger;
}): CallCounter {
  let noted = new Map<string, Calls>();
  // One after the other, so that whoever waits for a flush waits for the one before it too.
  let writing: Promise<void> = Promise.resolve();

  const add = (account_id: string, { requests, validations }: Calls) => {
    const calls = noted.get(account_id);
    if (!calls) noted.set(account_id, { requests, validations });
    else {
      calls.requests += requests;
      calls.validations += validations;
    }
  };
  const writeNoted = async () => {
    // In one order for all: two transactions that lock the same rows in different orders would wait for each other.
    const inOrder = [...noted].sort(([a], [b]) => (a < b ? -1 : 1));
    noted = new Map();
    try {
      while (inOrder.length > 0) {
        const batch = inOrder.slice(0, accountsAtOnceMax);
        await uow.runInternal(async (tx) => {
          for (const [account_id, { requests, validations }] of batch) {
            await tx.usage.addCalls(account_id, requests, validations);
          }
        });
        inOrder.splice(0, batch.length);
      }
    } finally {
      // What was not written is written with the next.
      for (const [account_id, calls] of inOrder) add(account_id, calls);
    }
  };
  const flush = () => {
    writing = writing.catch(() => {}).then(writeNoted);
    return writing;
  };
  const timer = setInterval(() => {
    flush().catch((error: unknown) => log.warn({ err: error }, 'call counters were not written'));
  }, flushEveryMs);
  timer.unref();

  return {
    note: (account_id, procedure) =>
      add(account_id, { requests: 1, validations: Number(procedure === 'activations.validate') }),
    flush,
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}
