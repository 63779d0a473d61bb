import { describe, expect, it, vi } from 'vitest';
import { createBatchedTimes } from './batched-times.ts';
import { createLogger } from './logger.ts';

const silent = createLogger('silent', { write: () => {} });
type Batch = Record<string, number>;

function collect() {
  const batches: Batch[] = [];
  const times = createBatchedTimes(silent, async (batch) => void batches.push(Object.fromEntries(batch)));
  return { batches, times };
}

describe('times that are written in batches', () => {
  it('are written once for each thing, with its newest time', async () => {
    const { batches, times } = collect();
    times.note('a', 1);
    times.note('b', 2);
    times.note('a', 3);
    expect(batches).toEqual([]);
    await times.flush();
    expect(batches).toEqual([{ a: 3, b: 2 }]);
    await times.close();
  });

  it('are not written again, and nothing at all when there is nothing', async () => {
    const { batches, times } = collect();
    await times.flush();
    times.note('a', 1);
    await times.flush();
    await times.flush();
    await times.close();
    expect(batches).toEqual([{ a: 1 }]);
  });

  it('noted while a batch is being written go into the next one', async () => {
    const written: Batch[] = [];
    let finish = () => {};
    const times = createBatchedTimes(silent, async (batch) => {
      written.push(Object.fromEntries(batch));
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    times.note('a', 1);
    const first = times.flush();
    await vi.waitFor(() => expect(written).toHaveLength(1));
    times.note('a', 2);
    finish();
    await first;
    const second = times.flush();
    await vi.waitFor(() => expect(written).toHaveLength(2));
    finish();
    await second;
    expect(written).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('are written by themselves within two seconds', async () => {
    vi.useFakeTimers();
    try {
      const { batches, times } = collect();
      times.note('a', 1);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(batches).toEqual([{ a: 1 }]);
      await times.close();
      times.note('a', 2);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(batches).toEqual([{ a: 1 }]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that could not be written are lost, and the next batch is written all the same', async () => {
    vi.useFakeTimers();
    try {
      const batches: Batch[] = [];
      let isBroken = true;
      const times = createBatchedTimes(silent, async (batch) => {
        if (isBroken) throw new Error('disk full');
        batches.push(Object.fromEntries(batch));
      });
      times.note('a', 1);
      await vi.advanceTimersByTimeAsync(2_000);
      isBroken = false;
      times.note('b', 2);
      await vi.advanceTimersByTimeAsync(2_000);
      expect(batches).toEqual([{ b: 2 }]);
      await times.close();
    } finally {
      vi.useRealTimers();
    }
  });

  it('close writes what is left, and waits for a batch that is being written', async () => {
    let finish = () => {};
    let isWritten = false;
    const times = createBatchedTimes(silent, async () => {
      await new Promise<void>((resolve) => {
        finish = resolve;
      });
      isWritten = true;
    });
    times.note('a', 1);
    const writing = times.flush();
    let isClosed = false;
    const closing = times.close().then(() => {
      isClosed = true;
    });
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    expect(isClosed).toBe(false);
    finish();
    await Promise.all([writing, closing]);
    expect(isWritten).toBe(true);
  });
});
