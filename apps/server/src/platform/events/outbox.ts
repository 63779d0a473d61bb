import type { EventData, EventType } from '@thrivetech/contracts';
import { type Clock, toTimestamp } from '../clock.ts';
import { toJson } from '../db/columns.ts';
import type { Dialect, SqlRunner } from '../db/dialect/dialect.ts';
import { insertRows } from '../db/insert-rows.ts';
import type { LateWrite } from '../db/late-writes.ts';
import type { RepositoryTools } from '../db/repository-tools.ts';
import type { NewId } from '../ids.ts';
import { enqueueJob } from '../jobs/job-queue.ts';
import type { RequestContext } from '../request-context.ts';

/** Where an event happened and when. */
export interface EventOrigin {
  readonly account_id: string;
  readonly request_id: string;
  readonly now: number;
}

/** What happens in a request happens there and then. */
export const originOf = ({ actor, request_id, now }: RequestContext): EventOrigin => ({
  account_id: actor.account_id,
  request_id,
  now,
});

/** Writes events into the transaction of the change they tell of: no change without its event, no event without its change. */
export interface Outbox {
  /** The event is written, and gets its sequence number, at the end of the transaction. */
  record<Type extends EventType>(origin: EventOrigin, type: Type, data: EventData<Type>): void;
  /** The same for many events of one account, in the order in which they happened, at once. */
  recordMany(account_id: string, happenings: readonly Happening[]): Promise<void>;
  /** Writes what is recorded and still waits: for who must find it in the table. */
  settle(): Promise<void>;
}

/** Something that happened, with the id it shall have. */
export interface Happening {
  readonly id: string;
  readonly now: number;
  readonly request_id: string;
  readonly type: EventType;
  readonly data: EventData<EventType>;
}

/** The job that hands an account's new events to its endpoints; its key is the account. */
export const fanOutKind = 'webhooks.fan-out';

interface Recorded extends Happening {
  readonly account_id: string;
}

export function createOutbox(
  { sql, late }: Pick<RepositoryTools, 'sql' | 'late'>,
  write: LateWrite<Recorded>,
  newId: NewId,
  clock: Clock,
): Outbox {
  return {
    record({ account_id, request_id, now }, type, data) {
      late.add(write, { account_id, id: newId('event', now), now, request_id, type, data });
    },
    recordMany: async (account_id, happenings) =>
      void (await writeEvents(sql, clock, account_id, happenings)),
    settle: () => late.settle(),
  };
}

/**
 * Writes the events of all that share a commit: one statement counts those of an account, one inserts them. For an account
 * that has webhook endpoints it asks for the job that hands events to them.
 */
export function eventWriter(dialect: Dialect, clock: Clock, onJobs: () => void): LateWrite<Recorded> {
  return async (db, recorded) => {
    const sql = dialect.sqlRunner(db);
    let isAnyHeard = false;
    // In one order for all: two transactions that lock the same counters in different orders would wait for each other.
    const byAccount = Map.groupBy(recorded, ({ account_id }) => account_id);
    for (const account_id of [...byAccount.keys()].sort()) {
      isAnyHeard = (await writeEvents(sql, clock, account_id, byAccount.get(account_id) ?? [])) || isAnyHeard;
    }
    return isAnyHeard ? onJobs : undefined;
  };
}

/** @returns whether there is an endpoint that may want them. */
async function writeEvents(
  sql: SqlRunner,
  clock: Clock,
  account_id: string,
  happenings: readonly Happening[],
): Promise<boolean> {
  if (happenings.length === 0) return false;
  const counted = await countUp(sql, account_id, happenings.length);
  const first = counted.events - happenings.length + 1;
  const rows = happenings.map((happening, index) => toRow(account_id, first + index, happening));
  await insertRows(sql, 'events', rows);
  if (counted.webhook_endpoints === 0) return false;
  // Sent in real time, also what happened at the time of a test account.
  const now = clock.now();
  await enqueueJob(sql, fanOutKind, account_id, { run_at: now, now });
  return true;
}

function toRow(account_id: string, sequence: number, { id, now, request_id, type, data }: Happening) {
  const created_at = toTimestamp(now);
  return {
    id,
    account_id,
    sequence,
    type,
    created_at: now,
    request_id,
    license_id: 'license_id' in data ? data.license_id : null,
    // Serialized here and never again: every delivery sends these bytes.
    body: toJson({ id, type, created_at, account_id, sequence, data }),
  };
}

// The row lock that this update takes makes the sequence gapless: whoever comes next waits for our commit.
async function countUp(
  sql: SqlRunner,
  account_id: string,
  count: number,
): Promise<{ events: number; webhook_endpoints: number }> {
  const [row] = await sql<{ events: number; webhook_endpoints: number }>(
    'update account_counters set events = events + ? where account_id = ? returning events, webhook_endpoints',
    [count, account_id],
  );
  if (!row) throw new Error(`The account ${account_id} has no counters.`);
  return row;
}
