import type { Page } from '@thrivetech/contracts';
import { fromJson, toJson } from '../../platform/db/columns.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { EndpointRecord } from './endpoint.ts';

export type EndpointRepository = ReturnType<typeof createEndpointRepository>;

export function createEndpointRepository({ db, sql, lockRow, pager }: RepositoryTools) {
  return {
    async find(account_id: string, id: string): Promise<EndpointRecord | null> {
      const row = await db('webhook_endpoints').where({ account_id, id }).first();
      return row ? toEndpoint(row) : null;
    },

    /** Also keeps others from changing it until this transaction ends. */
    async findForUpdate(account_id: string, id: string): Promise<EndpointRecord | null> {
      const row = await lockRow(db('webhook_endpoints').where({ account_id, id }).first());
      return row ? toEndpoint(row) : null;
    },

    /** Those that are told of new events. Also keeps others from changing them until this transaction ends. */
    async listEnabledForUpdate(account_id: string): Promise<EndpointRecord[]> {
      const enabled = db('webhook_endpoints').where({ account_id, enabled: 1 }).orderBy('id');
      const rows: EndpointRow[] = await lockRow(enabled);
      return rows.map(toEndpoint);
    },

    page(account_id: string, filter: PageRequest): Promise<Page<EndpointRecord>> {
      return pager.page({
        query: db('webhook_endpoints').where({ account_id }),
        request: filter,
        scope: `${account_id}/webhook_endpoints`,
        table: 'webhook_endpoints',
        toItem: toEndpoint,
      });
    },

    async insert(endpoint: EndpointRecord): Promise<void> {
      await db('webhook_endpoints').insert(toRow(endpoint));
    },

    /** Writes the new state over the one that {@link findForUpdate} gave. */
    async replace(endpoint: EndpointRecord): Promise<void> {
      const { account_id, id } = endpoint;
      await db('webhook_endpoints').where({ account_id, id }).update(toRow(endpoint));
    },

    async remove(account_id: string, id: string): Promise<void> {
      await db('webhook_endpoints').where({ account_id, id }).delete();
    },

    /**
     * Where the events of a new endpoint begin. It is counted already.
     *
     * @returns the newest event there is, which it does not get.
     */
    async passOverEvents(account_id: string): Promise<number> {
      // Of an account without endpoints nobody has handed out events: those of before go to nobody.
      const [row] = await sql<{ events: number }>(
        `update account_counters set fanned_out = case when webhook_endpoints = 1 then events else fanned_out end
         where account_id = ? returning events`,
        [account_id],
      );
      if (!row) throw new Error(`The account ${account_id} has no counters.`);
      return row.events;
    },

    /** Up to which event the endpoints of an account were served. */
    async fannedOut(account_id: string): Promise<number> {
      const row = await db('account_counters').where({ account_id }).first('fanned_out');
      return row?.fanned_out ?? 0;
    },

    /** @returns false when somebody else has served them meanwhile. */
    async moveFannedOut(account_id: string, from: number, to: number): Promise<boolean> {
      const moved = await sql(
        'update account_counters set fanned_out = ? where account_id = ? and fanned_out = ? returning account_id',
        [to, account_id, from],
      );
      return moved.length === 1;
    },
  };
}

interface EndpointRow extends Omit<EndpointRecord, 'events' | 'ordered' | 'enabled'> {
  events: string;
  ordered: number;
  enabled: number;
}

const toRow = (endpoint: EndpointRecord): EndpointRow => ({
  ...endpoint,
  events: toJson(endpoint.events),
  ordered: Number(endpoint.ordered),
  enabled: Number(endpoint.enabled),
});

const toEndpoint = (row: EndpointRow): EndpointRecord => ({
  ...row,
  events: fromJson(row.events),
  ordered: row.ordered === 1,
  enabled: row.enabled === 1,
});
