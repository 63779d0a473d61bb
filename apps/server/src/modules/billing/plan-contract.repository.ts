import type { RepositoryTools } from '../../platform/db/repository-tools.ts';

/** What the operator offers to one account: a plan at a price of its own. Minor units; null: not offered. */
export interface PlanContract {
  readonly account_id: string;
  readonly plan_code: string;
  readonly currency: string;
  readonly month: number | null;
  readonly year: number | null;
  readonly created_at: number;
}

export type PlanContractRepository = ReturnType<typeof createPlanContractRepository>;

export function createPlanContractRepository({ db }: RepositoryTools) {
  return {
    async find(account_id: string): Promise<PlanContract | null> {
      return (await db('plan_contracts').where({ account_id }).first()) ?? null;
    },

    /** Takes the place of the one before. Who has subscribed to that keeps its price. */
    async save(contract: PlanContract): Promise<void> {
      await db('plan_contracts').insert(contract).onConflict('account_id').merge();
    },
  };
}
