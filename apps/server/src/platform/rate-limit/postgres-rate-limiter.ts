import type { Knex } from 'knex';
import { minuteMs, secondMs } from '../clock.ts';
import { gather } from './gather.ts';
import type { RateLimiter, RateWindow } from './rate-limiter.ts';
import { clocksDifferMs, slide, tightestOf, violatedOf, type WindowState } from './sliding-counter.ts';

/** An answer that is later than this will not come on this connection: it is given up, and the next call opens another. */
const givenUpAfterMs = secondMs;
const roundMost = 200;
const forgetEveryMs = minuteMs;
const forgottenAtOnceMax = 10_000;

/**
 * Counts in PostgreSQL, for all nodes together. The function `take_rate` looks at a caller's windows and counts in them
 * while it holds the caller's row. What a node asks for at the same time goes in one statement.
 *
 * The table is not written to the log of the database: after a crash of it, and on a standby that takes over, everybody
 * begins afresh.
 *
 * @param db should be a pool of its own: behind business that waits for connections, the answers come too late.
 */
export function createPostgresRateLimiter(db: Knex): RateLimiter {
  const take = gather((asked: readonly Asked[]) => takeAll(db, asked), roundMost);
  const peek = gather((asked: readonly Asked[]) => peekAll(db, asked), roundMost);

  let forgetAt = 0;
  const forget = (now: number) => {
    if (now < forgetAt) return;
    forgetAt = now + forgetEveryMs;
    // What is not forgotten now is in a minute.
    forgetSilent(db, now - clocksDifferMs).catch(() => {});
  };

  return {
    async take(key, windows, now) {
      const { allowed, counters } = await take({ key, windows, now });
      forget(now);
      const states = statesOf(windows, counters, now);
      const violated = allowed ? null : violatedOf(states, now);
      return violated ?? tightestOf(states, now);
    },
    async peek(key, windows, now) {
      const states = statesOf(windows, await peek({ key, windows, now }), now);
      return violatedOf(states, now) ?? tightestOf(states, now);
    },
  };
}

interface Asked {
  readonly key: string;
  readonly windows: readonly RateWindow[];
  readonly now: number;
}

/** As the table has them: one number for each window, 64-bit integers as text. */
interface Counters {
  readonly slots: readonly string[];
  readonly currents: readonly string[];
  readonly previouses: readonly string[];
}

/** Windows of other lengths are other counters. */
const rowKey = ({ key, windows }: Asked) => `${windows.map(({ lengthMs }) => lengthMs).join(',')}/${key}`;

async function takeAll(db: Knex, asked: readonly Asked[]) {
  const takes = asked
    .map((one, n) => ({
      n,
      caller: rowKey(one),
      at: one.now,
      lengths: one.windows.map(({ lengthMs }) => lengthMs),
      limits: one.windows.map(({ limit }) => limit),
    }))
    // In one order for all: two nodes that lock the same rows in different orders would wait for each other.
    .sort((a, b) => (a.caller < b.caller ? -1 : a.caller > b.caller ? 1 : a.n - b.n));
  const { rows } = await db
    .raw<{ rows: (Counters & { n: number; allowed: boolean })[] }>(
      `select takes.n, taken.*
       from jsonb_to_recordset(?::jsonb)
         as takes (n integer, caller text, at double precision, lengths bigint[], limits bigint[])
       cross join lateral take_rate(takes.caller, takes.at, takes.lengths, takes.limits) as taken`,
      [JSON.stringify(takes)],
    )
    .timeout(givenUpAfterMs);
  const inOrder = rows.sort((a, b) => a.n - b.n);
  return inOrder.map(({ allowed, ...counters }) => ({ allowed, counters }));
}

async function peekAll(db: Knex, asked: readonly Asked[]): Promise<(Counters | null)[]> {
  const { rows } = await db
    .raw<{ rows: (Counters & { key: string })[] }>(
      'select key, slots, currents, previouses from rate_counters where key = any(?)',
      [asked.map(rowKey)],
    )
    .timeout(givenUpAfterMs);
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return asked.map((one) => byKey.get(rowKey(one)) ?? null);
}

function statesOf(windows: readonly RateWindow[], counters: Counters | null, now: number): WindowState[] {
  return windows.map((window, n) => {
    const counter = {
      slot: Number(counters?.slots[n] ?? 0),
      current: Number(counters?.currents[n] ?? 0),
      previous: Number(counters?.previouses[n] ?? 0),
    };
    return { window, counter: slide(counter, window.lengthMs, now) };
  });
}

async function forgetSilent(db: Knex, before: number): Promise<void> {
  await db
    .raw(
      `delete from rate_counters where key in (
         select key from rate_counters where forget_at < ? limit ? for update skip locked
       )`,
      [before, forgottenAtOnceMax],
    )
    .timeout(givenUpAfterMs);
}
