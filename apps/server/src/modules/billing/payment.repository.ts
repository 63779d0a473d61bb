import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import { openPaymentStatuses, type PaymentRecord } from './payment.ts';

export type PaymentRepository = ReturnType<typeof createPaymentRepository>;

export function createPaymentRepository({ db }: RepositoryTools) {
  return {
    async find(account_id: string, id: string): Promise<PaymentRecord | null> {
      const row = await db('payments').where({ account_id, id }).first();
      return row ? toPayment(row) : null;
    },

    /** Whose it is: a notice of the provider does not say. */
    async accountOf(id: string): Promise<string | null> {
      return (await db('payments').where({ id }).first('account_id'))?.account_id ?? null;
    },

    /** The newest first. */
    async listOf(account_id: string, invoice_id: string, limit = 50): Promise<PaymentRecord[]> {
      const rows = await db('payments')
        .where({ account_id, invoice_id })
        .orderBy([
          { column: 'created_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limit);
      return rows.map(toPayment);
    },

    /** The one that may still move money for an invoice. */
    async findOpen(account_id: string, invoice_id: string): Promise<PaymentRecord | null> {
      const row = await db('payments')
        .where({ account_id, invoice_id })
        .whereIn('status', openPaymentStatuses)
        .first();
      return row ? toPayment(row) : null;
    },

    /** The one whose provider is to be asked first, up to a time. */
    async findDue(account_id: string, until: number): Promise<PaymentRecord | null> {
      const due = db('payments').where({ account_id }).where('poll_at', '<=', until);
      const row = await due.orderBy(['poll_at', 'created_at', 'id']).first();
      return row ? toPayment(row) : null;
    },

    async insert(payment: PaymentRecord): Promise<void> {
      await db('payments').insert(toRow(payment));
    },

    /**
     * Writes how an open payment stands. Answer, notice and look of the provider may say the same thing several times:
     * whoever says it first is heard.
     *
     * @returns false when it had ended already.
     */
    async settle(payment: PaymentRecord): Promise<boolean> {
      const { account_id, id } = payment;
      const changed = await db('payments')
        .where({ account_id, id })
        .whereIn('status', openPaymentStatuses)
        .update(toRow(payment));
      return changed === 1;
    },
  };
}

interface PaymentRow extends Omit<PaymentRecord, 'is_present'> {
  is_present: number;
}

const toRow = (payment: PaymentRecord): PaymentRow => ({
  ...payment,
  is_present: Number(payment.is_present),
});

const toPayment = (row: PaymentRow): PaymentRecord => ({ ...row, is_present: row.is_present === 1 });
