import { describe, expect, it, vi } from 'vitest';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import { createLogger } from '../../platform/logger.ts';
import { createCallCounter } from './count-calls.ts';
import type { UsageRepository } from './usage.repository.ts';

type Written = [account_id: string, api_requests: number, validations: number];

/** A counter before a database that takes what it is given, unless it is told to fail. */
function open() {
  const transactions: Written[][] = [];
  const warnings: string[] = [];
  let failAt: string | null = null;
  const runInternal = async (work: (tx: { usage: Partial<UsageRepository> }) => Promise<unknown>) => {
    const written: Written[] = [];
    await work({
      usage: {
        addCalls: async (...one) => {
          if (one[0] === failAt) throw new Error('The database is away.');
          written.push(one);
        },
      },
    });
    transactions.push(written);
  };
  const uow = { runInternal } as unknown as UnitOfWork<{ usage: UsageRepository }>;
  const log = createLogger('warn', { write: (line) => warnings.push(line) });
  return {
    ...{ transactions, warnings, calls: createCallCounter({ uow, log }) },
    failAt(account_id: string | null) {
      failAt = account_id;
    },
  };
}

describe('calls that are counted', () => {
  it('are written as sums, one statement for each account, in one order for all', async () => {
    const { calls, transactions } = open();
    for (const account of ['b', 'a', 'b', 'b']) calls.note(account, 'activations.validate');
    calls.note('a', 'activations.activate');
    calls.note('c', 'products.list');
    await calls.flush();
    expect(transactions).toEqual([
      [
        ['a', 2, 1],
        ['b', 3, 3],
        ['c', 1, 0],
      ],
    ]);
    await calls.close();
  });

  it('are not written again, and nothing at all when there are none', async () => {
    const { calls, transactions } = open();
    await calls.flush();
    calls.note('a', 'products.list');
    await calls.flush();
    await calls.close();
    expect(transactions).toEqual([[['a', 1, 0]]]);
  });

  it('are written on close', async () => {
    const { calls, transactions } = open();
    calls.note('a', 'products.list');
    await calls.close();
    expect(transactions).toEqual([[['a', 1, 0]]]);
  });

  it('are written by themselves within two seconds', async () => {
    vi.useFakeTimers();
    try {
      const { calls, transactions } = open();
      calls.note('a', 'activations.validate');
      await vi.advanceTimersByTimeAsync(2_000);
      expect(transactions).toEqual([[['a', 1, 1]]]);
      await calls.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('of very many accounts are written a hundred at a time', async () => {
    const { calls, transactions } = open();
    for (let n = 1000; n < 1250; n++) calls.note(`${n}`, 'products.list');
    await calls.flush();
    expect(transactions.map(({ length }) => length)).toEqual([100, 100, 50]);
    await calls.close();
  });

  it('that could not be written are written with the next, once, and what was written is not repeated', async () => {
    const { calls, transactions, failAt } = open();
    for (let n = 1000; n < 1150; n++) calls.note(`${n}`, 'products.list');
    failAt('1120');
    await expect(calls.flush()).rejects.toThrow('The database is away.');
    calls.note('1120', 'activations.validate');
    failAt(null);
    await calls.flush();
    await calls.close();
    const sums = new Map<string, number>();
    for (const [account_id, requests] of transactions.flat()) {
      sums.set(account_id, (sums.get(account_id) ?? 0) + requests);
    }
    expect(sums.get('1120')).toBe(2);
    expect([...sums.values()].reduce((all, one) => all + one)).toBe(151);
  });

  it('that cannot be written by themselves are told of, and kept', async () => {
    vi.useFakeTimers();
    try {
      const { calls, transactions, warnings, failAt } = open();
      calls.note('a', 'products.list');
      failAt('a');
      await vi.advanceTimersByTimeAsync(2_000);
      expect(warnings.join()).toContain('call counters were not written');
      failAt(null);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(transactions).toEqual([[['a', 1, 0]]]);
      await calls.close();
    } finally {
      vi.useRealTimers();
    }
  });
});
