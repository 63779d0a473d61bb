import type { Clock } from '../api/clock.ts';
import type { Caller, Operation } from './caller.ts';
import { createCaller } from './create-caller.ts';

/** How a made-up server answers one try: with a response, never, or not at all. */
export type Reply = ((request: Sent) => Response | Promise<Response>) | 'hangs' | 'fails';

export interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string | null;
  readonly signal: AbortSignal | null;
}

/** A clock that stands still until it is told to go on to its next timer. */
function createTestClock(start: number) {
  let now = start;
  const timers = new Set<{ at: number; callback: () => void }>();
  const clock: Required<Clock> = {
    now: () => now,
    after: (delayMs, callback) => {
      const timer = { at: now + delayMs, callback };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
  };
  return {
    clock,
    waiting: () => timers.size,
    /** Lets time pass until the promise has settled, and tells how long each wait was. */
    async settle<T>(
      promise: Promise<T>,
    ): Promise<{ result: T | undefined; error: unknown; waitsMs: number[] }> {
      const waitsMs: number[] = [];
      let settled: { result: T | undefined; error: unknown } | undefined;
      promise.then(
        (result) => {
          settled = { result, error: undefined };
        },
        (error: unknown) => {
          settled = { result: undefined, error };
        },
      );
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        if (settled) return { ...settled, waitsMs };
        const [next] = [...timers].sort((a, b) => a.at - b.at);
        if (!next) throw new Error('nothing is left to wait for');
        timers.delete(next);
        waitsMs.push(next.at - now);
        now = next.at;
        next.callback();
      }
    },
  };
}

/** A caller whose tries are answered in turn; the last reply is given again and again. */
export function callScripted(replies: readonly Reply[], { triesMax = 3, random = 0.5 } = {}) {
  const time = createTestClock(Date.parse('2026-11-25T12:00:00.000Z'));
  const sent: Sent[] = [];
  const caller: Caller = createCaller({
    url: 'https://licenses.example/api/v1',
    apiKey: 'tt_admin_secret',
    clock: time.clock,
    random: () => random,
    timeoutMs: 30_000,
    triesMax,
    fetch: async (input, init) => {
      const request = {
        url: String(input),
        method: init?.method ?? 'GET',
        headers: new Headers(init?.headers),
        body: (init?.body as string | undefined) ?? null,
        signal: init?.signal ?? null,
      };
      const reply = replies[Math.min(sent.length, replies.length - 1)];
      sent.push(request);
      if (reply === 'fails' || reply === undefined) throw new TypeError('fetch failed');
      // It does not even heed its signal.
      return reply === 'hangs' ? new Promise<never>(() => {}) : reply(request);
    },
  });
  return { caller, sent, time };
}

export const create: Operation = { name: 'licenses.create', method: 'POST', path: '/licenses' };
export const get: Operation = { name: 'licenses.get', method: 'GET', path: '/licenses/{licenseId}' };
export const list: Operation = { name: 'licenses.list', method: 'GET', path: '/licenses', limitMax: 100 };
export const exportAll: Operation = { name: 'licenses.export', method: 'GET', path: '/licenses/export' };

const meta = { timestamp: '2026-11-25T12:00:00.000Z', request_id: 'req_1' };

export const succeeds =
  (data: unknown, more: object = {}) =>
  () =>
    Response.json({ success: true, data, meta: { ...meta, ...more } });

export const refuses =
  (status: number, code: string, details?: unknown, headers: Record<string, string> = {}) =>
  () =>
    Response.json(
      { success: false, error: { code, message: 'No.', ...(details !== undefined && { details }) }, meta },
      { status, headers },
    );

export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}
