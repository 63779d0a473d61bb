import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { BillingProfile } from './billing-profile.ts';

export type BillingProfileRepository = ReturnType<typeof createBillingProfileRepository>;

export function createBillingProfileRepository({ db, sql, lockRow }: RepositoryTools) {
  return {
    /** Also of an account that has paid nothing so far. */
    async find(account_id: string): Promise<BillingProfile> {
      return (await db('billing_profiles').where({ account_id }).first()) ?? emptyProfile(account_id);
    },

    /** Also keeps others from changing it until this transaction ends. */
    async findForUpdate(account_id: string): Promise<BillingProfile> {
      await db('billing_profiles').insert(emptyProfile(account_id)).onConflict('account_id').ignore();
      return lockRow(db('billing_profiles').where({ account_id }).first());
    },

    /** Writes the new state over the one that {@link findForUpdate} gave. */
    async replace(profile: BillingProfile): Promise<void> {
      await db('billing_profiles').where({ account_id: profile.account_id }).update(profile);
    },

    /** Whose customer it is: a notice of the provider names its own. */
    async accountOfCustomer(provider: string, customer_ref: string): Promise<string | null> {
      const [row] = await sql<{ account_id: string }>(
        'select account_id from billing_profiles where provider = ? and customer_ref = ?',
        [provider, customer_ref],
      );
      return row?.account_id ?? null;
    },
  };
}

const emptyProfile = (account_id: string): BillingProfile => ({
  ...{ account_id, provider: null, customer_ref: null },
  ...{ credit_currency: null, credit_balance: 0, trial_used_at: null },
});
