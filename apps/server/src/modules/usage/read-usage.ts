import { type getUsage as getContract, type listUsage as listContract, mapPage } from '@thrivetech/contracts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AccountRepository } from '../accounts/index.ts';
import type { UsageRepository } from './usage.repository.ts';
import { runningPeriod, snapshotView, usageView } from './usage.ts';

interface Dependencies {
  uow: UnitOfWork<{ usage: UsageRepository; accounts: AccountRepository }>;
}

export const getUsage =
  ({ uow }: Dependencies): UseCaseOf<typeof getContract> =>
  async ({ actor, now }) => {
    const { account_id, plan } = actor;
    const usage = await uow.read.usage.find(account_id);
    const account = await uow.read.accounts.find(account_id);
    return usageView(usage, plan, runningPeriod(usage, account?.created_at ?? now, now));
  };

export const listUsage =
  ({ uow }: Dependencies): UseCaseOf<typeof listContract> =>
  async ({ actor }, filter) =>
    mapPage(await uow.lagging.usage.page(actor.account_id, filter), snapshotView);
