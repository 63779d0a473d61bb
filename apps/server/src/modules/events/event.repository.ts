import type { Event, Page } from '@thrivetech/contracts';
import { accountRows } from '../../platform/db/account-rows.ts';
import { fromJson, toJson } from '../../platform/db/columns.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';

export interface EventFilter extends PageRequest {
  type?: string | undefined;
  license_id?: string | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
}

export type EventRepository = ReturnType<typeof createEventRepository>;

export function createEventRepository({ db, pager }: RepositoryTools) {
  return {
    async find(account_id: string, id: string): Promise<Event | null> {
      const row = await db('events').where({ account_id, id }).first('body');
      return row ? fromJson<Event>(row.body) : null;
    },

    async page(account_id: string, filter: EventFilter): Promise<Page<Event>> {
      const { type, license_id, created_after: after, created_before: before } = filter;
      const rows = accountRows(db, 'events', account_id, filter);
      rows.query.where({ ...(type && { type }), ...(license_id && { license_id }) });
      rows.inWindow({ column: 'created_at', after, before, isOrder: false });
      await rows.begin();
      return pager.page<{ id: string; body: string }, Event>({
        query: rows.query,
        request: filter,
        scope: `${account_id}/events`,
        table: 'events',
        // The sequence is the order in which things happened, also within one millisecond.
        sortColumns: { created_at: 'sequence' },
        toItem: (row) => fromJson<Event>(row.body),
      });
    },

    /** Events after a sequence number, in order, as they are sent. */
    after(
      account_id: string,
      sequence: number,
      limit: number,
    ): Promise<{ id: string; type: string; sequence: number; body: string }[]> {
      return db('events')
        .where({ account_id })
        .where('sequence', '>', sequence)
        .orderBy('sequence')
        .limit(limit)
        .select('id', 'type', 'sequence', 'body');
    },

    async latestSequence(account_id: string): Promise<number> {
      const row = await db('account_counters').where({ account_id }).first('events');
      return row?.events ?? 0;
    },

    /** Rewrites events that name a customer, also of licenses that are another's by now. Only an erasure may do that. @returns their ids. */
    async rewriteNaming(
      account_id: string,
      customer_id: string,
      change: (body: Event) => Event,
    ): Promise<string[]> {
      const rows: { id: string; body: string }[] = await db('events')
        .where({ account_id })
        .whereLike('body', `%"${customer_id}"%`)
        .select('id', 'body');
      for (const { id, body } of rows) {
        await db('events')
          .where({ account_id, id })
          .update({ body: toJson(change(fromJson<Event>(body))) });
      }
      return rows.map(({ id }) => id);
    },
  };
}
