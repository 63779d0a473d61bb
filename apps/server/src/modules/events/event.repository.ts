import type { Event, Page } from '@thrivetech/contracts';
import { between, fromJson, toJson } from '../../platform/db/columns.ts';
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

    page(account_id: string, filter: EventFilter): Promise<Page<Event>> {
      const { type, license_id } = filter;
      return pager.page<{ id: string; body: string }, Event>({
        query: db('events')
          .where({ account_id, ...(type && { type }), ...(license_id && { license_id }) })
          .modify(between, 'created_at', filter.created_after, filter.created_before),
        request: filter,
        scope: `${account_id}/events`,
        table: 'events',
        // The sequence is the order in which things happened, also within one millisecond.
        sortColumns: { created_at: 'sequence' },
        toItem: (row) => fromJson<Event>(row.body),
      });
    },

    /** Rewrites events that name a customer, also of licenses that are another's by now. Only an erasure may do that. */
    async rewriteNaming(
      account_id: string,
      customer_id: string,
      change: (body: Event) => Event,
    ): Promise<void> {
      const rows = await db('events')
        .where({ account_id })
        .whereLike('body', `%"${customer_id}"%`)
        .select('id', 'body');
      for (const { id, body } of rows) {
        await db('events')
          .where({ account_id, id })
          .update({ body: toJson(change(fromJson<Event>(body))) });
      }
    },
  };
}
