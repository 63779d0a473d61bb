import type { Page } from '@thrivetech/contracts';
import { accountRows } from '../../platform/db/account-rows.ts';
import { fromJson, fromJsonOrNull, toJson, toJsonOrNull } from '../../platform/db/columns.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { InvoiceRecord, InvoiceStatus } from './invoice.ts';

interface InvoiceFilter extends PageRequest {
  status?: string | undefined;
  created_after?: string | undefined;
  created_before?: string | undefined;
}

export type InvoiceRepository = ReturnType<typeof createInvoiceRepository>;

/** Invoices are changed under the lock of their subscription. */
export function createInvoiceRepository({ db, sql, pager }: RepositoryTools) {
  return {
    async find(account_id: string, id: string): Promise<InvoiceRecord | null> {
      const row = await db('invoices').where({ account_id, id }).first();
      return row ? toInvoice(row) : null;
    },

    async page(account_id: string, filter: InvoiceFilter): Promise<Page<InvoiceRecord>> {
      const { status, created_after: after, created_before: before } = filter;
      const rows = accountRows(db, 'invoices', account_id, filter);
      if (status) rows.query.where({ status });
      rows.inWindow({ column: 'created_at', after, before, isOrder: true });
      await rows.begin();
      return pager.page({
        query: rows.query,
        request: filter,
        scope: `${account_id}/invoices`,
        table: 'invoices',
        toItem: toInvoice,
      });
    },

    /** Of an account in one state, oldest first. */
    async listByStatus(account_id: string, status: InvoiceStatus, limit = 100): Promise<InvoiceRecord[]> {
      const rows = await db('invoices')
        .where({ account_id, status })
        .orderBy(['created_at', 'period_start', 'id'])
        .limit(limit);
      return rows.map(toInvoice);
    },

    /** The oldest one that waits for money. */
    async findOpen(account_id: string): Promise<string | null> {
      const oldest = db('invoices')
        .where({ account_id, status: 'open' })
        .orderBy(['created_at', 'period_start', 'id']);
      return (await oldest.first('id'))?.id ?? null;
    },

    async findDraftChange(account_id: string, subscription_id: string): Promise<InvoiceRecord | null> {
      const kind = 'subscription_update';
      const row = await db('invoices').where({ account_id, subscription_id, kind, status: 'draft' }).first();
      return row ? toInvoice(row) : null;
    },

    /** The one whose payment is due first, up to a time. */
    async findDue(account_id: string, until: number): Promise<InvoiceRecord | null> {
      const due = db('invoices').where({ account_id }).where('next_attempt_at', '<=', until);
      const row = await due.orderBy(['next_attempt_at', 'period_start', 'id']).first();
      return row ? toInvoice(row) : null;
    },

    /** How much of an invoice was given back, in minor units. */
    async credited(account_id: string, id: string): Promise<number> {
      const row = await db('invoices')
        .where({ account_id, credits_invoice_id: id })
        .sum('total as total')
        .first();
      return 0 - Number(row?.['total'] ?? 0);
    },

    async insert(invoice: InvoiceRecord): Promise<void> {
      await db('invoices').insert(toRow(invoice));
    },

    async replace(invoice: InvoiceRecord): Promise<void> {
      const { account_id, id } = invoice;
      await db('invoices').where({ account_id, id }).update(toRow(invoice));
    },

    /**
     * The next number of a series. The row stays locked until the transaction ends, so a number is used or it was
     * never given: there are no gaps.
     */
    async nextInSeries(series: string): Promise<number> {
      const [row] = await sql<{ last: number }>(
        `insert into invoice_series (series, last) values (?, 1)
         on conflict (series) do update set last = invoice_series.last + 1 returning last`,
        [series],
      );
      if (!row) throw new Error(`The series ${series} gave no number.`);
      return row.last;
    },
  };
}

interface InvoiceRow extends Omit<InvoiceRecord, 'lines' | 'seller' | 'buyer' | 'change'> {
  lines: string;
  seller: string;
  buyer: string;
  change: string | null;
}

const toRow = (invoice: InvoiceRecord): InvoiceRow => ({
  ...invoice,
  lines: toJson(invoice.lines),
  seller: toJson(invoice.seller),
  buyer: toJson(invoice.buyer),
  change: toJsonOrNull(invoice.change),
});

const toInvoice = (row: InvoiceRow): InvoiceRecord => ({
  ...row,
  lines: fromJson(row.lines),
  seller: fromJson(row.seller),
  buyer: fromJson(row.buyer),
  change: fromJsonOrNull(row.change),
});
