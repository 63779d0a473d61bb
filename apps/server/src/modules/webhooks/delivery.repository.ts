import type { Page } from '@thrivetech/contracts';
import { accountRows } from '../../platform/db/account-rows.ts';
import { insertRows } from '../../platform/db/insert-rows.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { DeliveryRecord, Outcome } from './delivery.ts';

export interface DeliveryFilter extends PageRequest {
  endpoint_id?: string | undefined;
  event_id?: string | undefined;
  status?: string | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
}

/** A delivery and the bytes it carries. */
export type DueDelivery = DeliveryRecord & { readonly body: string };

/** One attempt as it is kept. */
export interface AttemptRecord extends Omit<Outcome, 'retry_after_ms'> {
  readonly id: string;
  readonly account_id: string;
  readonly delivery_id: string;
  readonly number: number;
  readonly started_at: number;
}

/** The events that an endpoint may be sent: type, sequence, and where they are. */
export interface EventReference {
  readonly id: string;
  readonly type: string;
  readonly sequence: number;
}

export type DeliveryRepository = ReturnType<typeof createDeliveryRepository>;

export function createDeliveryRepository({ db, sql, pager }: RepositoryTools) {
  const withBody = `select d.*, e.body from webhook_deliveries d join events e on e.id = d.event_id
    where d.account_id = ? and d.endpoint_id = ?`;

  return {
    async find(account_id: string, id: string): Promise<DeliveryRecord | null> {
      return (await db('webhook_deliveries').where({ account_id, id }).first()) ?? null;
    },

    async findWithBody(account_id: string, id: string): Promise<DueDelivery | null> {
      const [row] = await sql<DueDelivery>(
        'select d.*, e.body from webhook_deliveries d join events e on e.id = d.event_id where d.account_id = ? and d.id = ?',
        [account_id, id],
      );
      return row ?? null;
    },

    async page(account_id: string, filter: DeliveryFilter): Promise<Page<DeliveryRecord>> {
      const { endpoint_id, event_id, status, created_after: after, created_before: before } = filter;
      const rows = accountRows(db, 'webhook_deliveries', account_id, filter);
      rows.query.where({
        ...(endpoint_id && { endpoint_id }),
        ...(event_id && { event_id }),
        ...(status && { status }),
      });
      rows.inWindow({ column: 'created_at', after, before, isOrder: true });
      await rows.begin();
      return pager.page({
        query: rows.query,
        request: filter,
        scope: `${account_id}/webhook_deliveries`,
        table: 'webhook_deliveries',
        toItem: (row: DeliveryRecord) => row,
      });
    },

    insertMany: (deliveries: readonly DeliveryRecord[]): Promise<void> =>
      insertRows(sql, 'webhook_deliveries', deliveries),

    /** What is due at an endpoint, longest due first. */
    listDue: (account_id: string, endpoint_id: string, now: number, limit: number): Promise<DueDelivery[]> =>
      sql(`${withBody} and d.due_at <= ? order by d.due_at, d.sequence limit ?`, [
        account_id,
        endpoint_id,
        now,
        limit,
      ]),

    /** The first in the order of events that waits at an endpoint, due or not. */
    async oldestWaiting(account_id: string, endpoint_id: string): Promise<DueDelivery | null> {
      const [row] = await sql<DueDelivery>(
        `${withBody} and d.due_at is not null order by d.sequence limit 1`,
        [account_id, endpoint_id],
      );
      return row ?? null;
    },

    /** The first in the order of events that is due, of those that are there since a moment. */
    async oldestDue(
      account_id: string,
      endpoint_id: string,
      { now, createdUntil }: { now: number; createdUntil: number },
    ): Promise<DueDelivery | null> {
      const [row] = await sql<DueDelivery>(
        `${withBody} and d.due_at <= ? and d.created_at <= ? order by d.sequence limit 1`,
        [account_id, endpoint_id, now, createdUntil],
      );
      return row ?? null;
    },

    /** When the first of those behind an event will be due and have waited for so long; null: there is none. */
    async nextFreeAt(
      account_id: string,
      endpoint_id: string,
      { behind, waitMs }: { behind: number; waitMs: number },
    ): Promise<number | null> {
      const [row] = await sql<{ at: number | null }>(
        `select min(case when due_at > created_at + ? then due_at else created_at + ? end) as at
         from webhook_deliveries where account_id = ? and endpoint_id = ? and due_at is not null and sequence > ?`,
        [waitMs, waitMs, account_id, endpoint_id, behind],
      );
      return row?.at ?? null;
    },

    async nextDueAt(account_id: string, endpoint_id: string): Promise<number | null> {
      const [row] = await sql<{ due_at: number }>(
        'select due_at from webhook_deliveries where account_id = ? and endpoint_id = ? and due_at is not null order by due_at limit 1',
        [account_id, endpoint_id],
      );
      return row?.due_at ?? null;
    },

    /**
     * Writes a delivery over the state it was read in.
     *
     * @returns false when that is no longer its state: a worker that was thought dead has nothing more to say.
     */
    async replace(before: DeliveryRecord, after: DeliveryRecord): Promise<boolean> {
      // Canceled while it was under way: what has arrived is delivered all the same, and must not be sent again.
      const alsoFrom = after.status === 'delivered' ? 'canceled' : before.status;
      const rows = await sql(
        `update webhook_deliveries set status = ?, attempts = ?, due_at = ?, last_status = ?, last_error = ?, updated_at = ?
         where account_id = ? and id = ? and status in (?, ?) and attempts = ? returning id`,
        [
          ...[
            after.status,
            after.attempts,
            after.due_at,
            after.last_status,
            after.last_error,
            after.updated_at,
          ],
          ...[before.account_id, before.id, before.status, alsoFrom, before.attempts],
        ],
      );
      return rows.length === 1;
    },

    /** Nothing more goes to this endpoint. @returns how many were waiting. */
    async cancelWaiting(account_id: string, endpoint_id: string, now: number): Promise<number> {
      return db('webhook_deliveries')
        .where({ account_id, endpoint_id })
        .whereNotNull('due_at')
        .update({ status: 'canceled', due_at: null, updated_at: now });
    },

    /** Events after a sequence number, in order, without their bodies. */
    eventsAfter: (account_id: string, sequence: number, limit: number): Promise<EventReference[]> =>
      sql(
        'select id, type, sequence from events where account_id = ? and sequence > ? order by sequence limit ?',
        [account_id, sequence, limit],
      ),

    /** The last event before the first since a moment; the newest of all where there is none since. Sequences rise with time, give or take what ran at once. */
    async sequenceBefore(account_id: string, at: number): Promise<number> {
      // The first of those since then, and not the one after the last of before: who asked before can commit after.
      const [first] = await sql<{ sequence: number | null; last: number }>(
        `select min(sequence) as sequence,
           (select events from account_counters where account_counters.account_id = ?) as last
         from events where account_id = ? and created_at >= ?`,
        [account_id, account_id, at],
      );
      return first?.sequence == null ? (first?.last ?? 0) : first.sequence - 1;
    },

    /** The deliveries that an endpoint has of these events. */
    ofEvents(
      account_id: string,
      endpoint_id: string,
      eventIds: readonly string[],
    ): Promise<DeliveryRecord[]> {
      return db('webhook_deliveries').where({ account_id, endpoint_id }).whereIn('event_id', eventIds);
    },

    /** What events say now, by their ids. */
    async bodiesOf(account_id: string, eventIds: readonly string[]): Promise<Map<string, string>> {
      if (eventIds.length === 0) return new Map();
      const rows: { id: string; body: string }[] = await db('events')
        .where({ account_id })
        .whereIn('id', eventIds)
        .select('id', 'body');
      return new Map(rows.map(({ id, body }) => [id, body]));
    },

    logAttempts: (attempts: readonly AttemptRecord[]): Promise<void> =>
      insertRows(sql, 'webhook_attempts', attempts),

    /** The newest attempts, oldest first. */
    async listAttempts(account_id: string, delivery_id: string, limit: number): Promise<AttemptRecord[]> {
      const rows: AttemptRecord[] = await db('webhook_attempts')
        .where({ account_id, delivery_id })
        .orderBy([
          { column: 'started_at', order: 'desc' },
          { column: 'number', order: 'desc' },
        ])
        .limit(limit);
      return rows.reverse();
    },

    /** What receivers answered may repeat what they were sent: it goes with a person who is erased. */
    async forgetAnswers(account_id: string, eventIds: readonly string[]): Promise<void> {
      // A few at a time: both databases limit the values of a statement.
      for (let start = 0; start < eventIds.length; start += 500) {
        const some = eventIds.slice(start, start + 500);
        const ids = db('webhook_deliveries').where({ account_id }).whereIn('event_id', some).select('id');
        await db('webhook_attempts')
          .where({ account_id })
          .whereIn('delivery_id', ids)
          .update({ response_body: null });
      }
    },

    /** Removes what ended before a moment. @returns how many. */
    async removeEnded(before: number, limit: number): Promise<number> {
      const ids = db('webhook_deliveries')
        .whereNull('due_at')
        .where('updated_at', '<', before)
        .limit(limit)
        .select('id');
      return db('webhook_deliveries').whereIn('id', ids).delete();
    },
  };
}
