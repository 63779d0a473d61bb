import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { PaymentMethodRecord } from './payment-method.ts';

export type PaymentMethodRepository = ReturnType<typeof createPaymentMethodRepository>;

/** No more are kept of an account. */
export const methodsMax = 20;

export function createPaymentMethodRepository({ db }: RepositoryTools) {
  const present = (account_id: string, provider: string) =>
    db('payment_methods').where({ account_id, provider, removed_at: null }).orderBy('rank', 'desc');

  return {
    /** Those of one provider, the default first. */
    list: (account_id: string, provider: string): Promise<PaymentMethodRecord[]> =>
      present(account_id, provider).limit(methodsMax),

    async findDefault(account_id: string, provider: string): Promise<PaymentMethodRecord | null> {
      return (await present(account_id, provider).first()) ?? null;
    },

    async find(account_id: string, id: string): Promise<PaymentMethodRecord | null> {
      return (await db('payment_methods').where({ account_id, id, removed_at: null }).first()) ?? null;
    },

    async insert(method: PaymentMethodRecord): Promise<void> {
      await db('payment_methods').insert(method);
    },

    async setRank(account_id: string, id: string, rank: number): Promise<void> {
      await db('payment_methods').where({ account_id, id }).update({ rank });
    },

    async remove(account_id: string, id: string, now: number): Promise<void> {
      await db('payment_methods').where({ account_id, id }).update({ removed_at: now });
    },
  };
}
