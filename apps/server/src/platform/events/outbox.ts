import type { EventData, EventType } from '@thrivetech/contracts';
import { toTimestamp } from '../clock.ts';
import { toJson } from '../db/columns.ts';
import type { SqlRunner } from '../db/dialect/dialect.ts';
import { insertRows } from '../db/insert-rows.ts';
import type { NewId } from '../ids.ts';

/** Where an event happened and when. */
export interface EventOrigin {
  readonly account_id: string;
  readonly request_id: string;
  readonly now: number;
}

/** Writes events into the transaction of the change they tell of: no change without its event, no event without its change. */
export interface Outbox {
  record<Type extends EventType>(origin: EventOrigin, type: Type, data: EventData<Type>): Promise<void>;
  /** The same for many events of one account, in the order in which they happened. */
  recordMany(account_id: string, happenings: readonly Happening[]): Promise<void>;
}

/** Something that happened, with the id it shall have. */
export interface Happening {
  readonly id: string;
  readonly now: number;
  readonly request_id: string;
  readonly type: EventType;
  readonly data: EventData<EventType>;
}

export function createOutbox(sql: SqlRunner, newId: NewId): Outbox {
  return {
    async record(origin, type, data) {
      const { account_id, request_id, now } = origin;
      const sequence = await countUp(sql, account_id, 1);
      const row = toRow(account_id, sequence, { id: newId('event', now), now, request_id, type, data });
      await insertRows(sql, 'events', [row]);
    },

    async recordMany(account_id, happenings) {
      if (happenings.length === 0) return;
      const first = (await countUp(sql, account_id, happenings.length)) - happenings.length + 1;
      const rows = happenings.map((happening, index) => toRow(account_id, first + index, happening));
      await insertRows(sql, 'events', rows);
    },
  };
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
async function countUp(sql: SqlRunner, account_id: string, count: number): Promise<number> {
  const [row] = await sql<{ events: number }>(
    'update account_counters set events = events + ? where account_id = ? returning events',
    [count, account_id],
  );
  if (!row) throw new Error(`The account ${account_id} has no counters.`);
  return row.events;
}
