import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { AccountRecord, AccountStanding } from './account.ts';

export type AccountRepository = ReturnType<typeof createAccountRepository>;

export function createAccountRepository({ db, lockRow, touch }: RepositoryTools) {
  return {
    async find(id: string): Promise<AccountRecord | null> {
      return (await db('accounts').where({ id }).first()) ?? null;
    },

    /** Also keeps others from changing it until this transaction ends. */
    async findForUpdate(id: string): Promise<AccountRecord | null> {
      return (await lockRow(db('accounts').where({ id }).first())) ?? null;
    },

    /** An account and how it stands with its subscription, in one read: every call asks. */
    async findStanding(id: string): Promise<AccountStanding | null> {
      const standing = await db('accounts')
        .leftJoin('subscriptions', 'subscriptions.id', 'accounts.subscription_id')
        .where({ 'accounts.id': id })
        .first('accounts.*', 'subscriptions.status as subscription_status', 'subscriptions.ended_at');
      return standing ?? null;
    },

    /** The plan that bounds the account from now on. */
    async change(
      id: string,
      changes: Partial<Pick<AccountRecord, 'plan_code' | 'subscription_id'>>,
    ): Promise<void> {
      await db('accounts').where({ id }).update(changes);
      touch(id);
    },

    /** Moves the clock of a test account, never back. @returns false when it is there already, or has none. */
    async moveClock(id: string, to: number): Promise<boolean> {
      const moved = await db('accounts').where({ id }).where('test_now', '<', to).update({ test_now: to });
      touch(id);
      return moved === 1;
    },

    /** The account that was made first, or null on a new database. Ids tell: a demo account says that it is older than it is. */
    async first(): Promise<AccountRecord | null> {
      return (await db('accounts').orderBy('id').first()) ?? null;
    },

    /** All accounts, oldest first. An installation has a handful. */
    list: (): Promise<AccountRecord[]> => db('accounts').orderBy(['created_at', 'id']),

    async insert(account: AccountRecord): Promise<void> {
      await db('accounts').insert(account);
      await db('account_counters').insert({ account_id: account.id, events: 0 });
    },
  };
}
