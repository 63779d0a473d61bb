import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { AccountRecord } from './account.ts';

export type AccountRepository = ReturnType<typeof createAccountRepository>;

export function createAccountRepository({ db }: RepositoryTools) {
  return {
    async find(id: string): Promise<AccountRecord | null> {
      return (await db('accounts').where({ id }).first()) ?? null;
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
