import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import { nextStep, type SubscriptionRecord } from './subscription.ts';

export type SubscriptionRepository = ReturnType<typeof createSubscriptionRepository>;

export function createSubscriptionRepository({ db, sql, lockRow, touch }: RepositoryTools) {
  const current = (account_id: string) =>
    db('subscriptions')
      .whereIn('id', db('accounts').where({ id: account_id }).select('subscription_id'))
      .where({ account_id })
      .first();

  return {
    /** The live one, else the one that ended last. */
    async findCurrent(account_id: string): Promise<SubscriptionRecord | null> {
      const row = await current(account_id);
      return row ? toSubscription(row) : null;
    },

    /** Also keeps others from changing it, its invoices and its payments until this transaction ends. */
    async findCurrentForUpdate(account_id: string): Promise<SubscriptionRecord | null> {
      const row = await lockRow(current(account_id));
      return row ? toSubscription(row) : null;
    },

    /** As {@link findCurrentForUpdate}, also one that others have followed. */
    async findForUpdate(account_id: string, id: string): Promise<SubscriptionRecord | null> {
      const row = await lockRow(db('subscriptions').where({ account_id, id }).first());
      return row ? toSubscription(row) : null;
    },

    async insert(subscription: SubscriptionRecord): Promise<void> {
      await db('subscriptions').insert(toRow(subscription));
      touch(subscription.account_id);
    },

    /** Writes the new state over the one that was locked. */
    async replace(subscription: SubscriptionRecord): Promise<void> {
      const { account_id, id } = subscription;
      await db('subscriptions').where({ account_id, id }).update(toRow(subscription));
      touch(account_id);
    },

    /** Accounts in real time of which something is due: a step of a subscription, a payment, a look at one. */
    async listDueAccounts(now: number, limit: number): Promise<string[]> {
      const rows = await sql<{ account_id: string }>(
        `select due.account_id from (
           select account_id from subscriptions where due_at <= ?
           union select account_id from invoices where next_attempt_at <= ?
           union select account_id from payments where poll_at <= ?
         ) due join accounts on accounts.id = due.account_id where accounts.test_now is null limit ?`,
        [now, now, now, limit],
      );
      return rows.map(({ account_id }) => account_id);
    },
  };
}

interface SubscriptionRow extends Omit<SubscriptionRecord, 'by_contract' | 'cancel_at_period_end'> {
  by_contract: number;
  cancel_at_period_end: number;
  due_at?: number | null;
}

const toRow = (subscription: SubscriptionRecord): SubscriptionRow => ({
  ...subscription,
  by_contract: Number(subscription.by_contract),
  cancel_at_period_end: Number(subscription.cancel_at_period_end),
  due_at: nextStep(subscription)?.at ?? null,
});

const toSubscription = ({ due_at: _due, ...row }: SubscriptionRow): SubscriptionRecord => ({
  ...row,
  by_contract: row.by_contract === 1,
  cancel_at_period_end: row.cancel_at_period_end === 1,
});
