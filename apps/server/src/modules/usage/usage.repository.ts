import { type Page, type Plan, type PlanMetric, planMetrics } from '@thrivetech/contracts';
import { AppError } from '../../platform/app-error.ts';
import { fromJson, toJson } from '../../platform/db/columns.ts';
import type { Dialect } from '../../platform/db/dialect/dialect.ts';
import type { LateWrite } from '../../platform/db/late-writes.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { NewId } from '../../platform/ids.ts';
import { type RequestContext, unlimited } from '../../platform/request-context.ts';
import { countSql } from './count-sql.ts';
import {
  endedPeriods,
  type Gauges,
  metricsOf,
  runningPeriod,
  type SnapshotRecord,
  type UsageRecord,
} from './usage.ts';

interface Change {
  readonly account_id: string;
  readonly metric: PlanMetric;
  readonly by: number;
}

/** Adds up what all that share a commit have counted where no limit is near: one statement for each account. */
export function gaugeWriter(dialect: Dialect): LateWrite<Change> {
  return async (db, changes) => {
    const sql = dialect.sqlRunner(db);
    // In one order for all: two transactions that lock the same counters in different orders would wait for each other.
    const byAccount = Map.groupBy(changes, ({ account_id }) => account_id);
    for (const account_id of [...byAccount.keys()].sort()) {
      const sums = planMetrics
        .map((metric) => ({ metric, by: sumOf(byAccount.get(account_id) ?? [], metric) }))
        .filter(({ by }) => by !== 0);
      if (sums.length === 0) continue;
      const sets = sums.map(({ metric }) => `${metric} = ${metric} + ?`).join(', ');
      await sql(`update account_counters set ${sets} where account_id = ?`, [
        ...sums.map(({ by }) => by),
        account_id,
      ]);
    }
    return undefined;
  };
}

const sumOf = (changes: readonly Change[], metric: PlanMetric): number =>
  changes.reduce((sum, change) => (change.metric === metric ? sum + change.by : sum), 0);

/** Where a gauge is not what there is. */
export interface Drift {
  readonly account_id: string;
  readonly metric: PlanMetric;
  readonly counted: number;
  readonly there: number;
}

export type UsageRepository = ReturnType<typeof createUsageRepository>;

/**
 * What an account uses. The counters are locked last in a transaction, after the rows of what is counted are written:
 * everything else locks those first and the counters, for its events, at its end. Counted first, creating a license and
 * deleting its product would wait for each other.
 */
export function createUsageRepository(
  { db, sql, lockRow, late, pager }: RepositoryTools,
  deps: { write: LateWrite<Change>; limitsOf: (plan_code: string) => Plan['limits'] | null; newId: NewId },
) {
  const find = async (account_id: string, isLocked = false): Promise<UsageRecord> => {
    const query = db('account_counters').where({ account_id }).first();
    const row: UsageRecord | undefined = await (isLocked ? lockRow(query) : query);
    if (!row) throw new Error(`The account ${account_id} has no counters.`);
    return row;
  };
  // The time of a test account is moved by its owner, and not by the clock.
  const inRealTime = 'account_id not in (select id from accounts where test_now is not null)';
  const closePeriods = async (account_id: string, at: number, anchor?: number): Promise<void> => {
    await late.settle();
    const usage = await find(account_id, true);
    const account = await db('accounts').where({ id: account_id }).first('plan_code', 'created_at');
    const { plan_code, created_at } = account;
    const { ended, next } = endedPeriods(runningPeriod(usage, created_at, at), at, anchor);
    const limits = deps.limitsOf(plan_code) ?? unlimited.limits;
    for (const [index, { start, end }] of ended.entries()) {
      // Calls that came while nobody closed periods lie in the first of them.
      const counted = index === 0 ? usage : { ...usage, api_requests: 0, validations: 0 };
      await db('usage_snapshots').insert({
        ...{ id: deps.newId('usage_snapshot', end), account_id, plan_code, started_at: start, ended_at: end },
        ...{ metrics: toJson(metricsOf(counted, limits)), created_at: end },
      });
    }
    await db('account_counters')
      .where({ account_id })
      .update({
        ...(ended.length > 0 && { api_requests: 0, validations: 0 }),
        ...{ usage_anchor_at: next.anchor, usage_started_at: next.start, usage_ends_at: next.end },
      });
  };
  const compare = async (account_id: string): Promise<Drift[]> => {
    const counts = planMetrics.map((metric) => `(${countSql[metric]}) as there_${metric}`).join(', ');
    const rows = await sql<UsageRecord & Record<`there_${PlanMetric}`, number>>(
      `select account_counters.*, ${counts} from account_counters where account_counters.account_id = ?`,
      [account_id],
    );
    return rows.flatMap((row) =>
      planMetrics
        .map((metric) => ({ metric, counted: row[metric], there: row[`there_${metric}`] }))
        .filter(({ counted, there }) => counted !== there)
        .map((drift) => ({ account_id, ...drift })),
    );
  };

  // What this transaction has ended: something else may take its place.
  const freed = new Map<string, number>();
  const takeFreed = (key: string, by: number): number => {
    const free = freed.get(key) ?? 0;
    const taken = Math.min(free, by);
    freed.set(key, free - taken);
    return taken;
  };

  return {
    /**
     * Counts something that was made, if the plan allows it: one conditional statement, so that of many requests at the
     * same moment no more get through than there are places. What takes the place of something that this transaction
     * ended is no more than before, and fits even where a plan that has become smaller is exceeded.
     *
     * @throws {AppError} PLAN_LIMIT_REACHED; a channel key learns no numbers, which are the vendor's own.
     */
    async countMore({ actor }: Pick<RequestContext, 'actor'>, metric: PlanMetric, by = 1): Promise<void> {
      const { account_id, plan, key_type } = actor;
      const limit = plan.limits[metric];
      const replacing = takeFreed(`${account_id}/${metric}`, by);
      if (replacing > 0) late.add(deps.write, { account_id, metric, by: replacing });
      const more = by - replacing;
      if (more === 0) return;
      // Endpoints are counted at once: whoever writes events at the end of this transaction asks whether there are any.
      if (limit === null && metric !== 'webhook_endpoints') {
        late.add(deps.write, { account_id, metric, by: more });
        return;
      }
      await late.settle();
      const counted = await sql(
        `update account_counters set ${metric} = ${metric} + ?
         where account_id = ? and ${metric} + ? <= cast(? as bigint) returning ${metric}`,
        [more, account_id, more, limit ?? Number.MAX_SAFE_INTEGER],
      );
      if (counted.length > 0) return;
      if (key_type === 'channel') throw new AppError('PLAN_LIMIT_REACHED');
      const { [metric]: used } = await find(account_id);
      throw new AppError('PLAN_LIMIT_REACHED', { details: { metric, limit, used, plan: plan.code } });
    },

    /** Counts something that is gone. */
    countLess(account_id: string, metric: PlanMetric, by = 1): void {
      const key = `${account_id}/${metric}`;
      freed.set(key, (freed.get(key) ?? 0) + by);
      late.add(deps.write, { account_id, metric, by: -by });
    },

    find: (account_id: string): Promise<UsageRecord> => find(account_id),

    async gauges(account_id: string): Promise<Gauges> {
      return find(account_id);
    },

    /** Calls that were let in, in batches. */
    async addCalls(account_id: string, api_requests: number, validations: number): Promise<void> {
      await sql(
        'update account_counters set api_requests = api_requests + ?, validations = validations + ? where account_id = ?',
        [api_requests, validations, account_id],
      );
    },

    /** Closes the periods that have ended by a time, in order, each once; begins the first where none has. */
    closeEnded: (account_id: string, at: number): Promise<void> => closePeriods(account_id, at),

    /**
     * Closes the running period at a moment, and whatever has ended before it: writes down how it was, once.
     *
     * @param anchor what periods are counted from afterwards.
     */
    closePeriod: (account_id: string, at: number, anchor: number): Promise<void> =>
      closePeriods(account_id, at, anchor),

    /** Accounts in real time whose period has ended, or has not begun. */
    async listEnded(now: number, limit: number): Promise<string[]> {
      const rows = await sql<{ account_id: string }>(
        `select account_id from account_counters where usage_ends_at <= ? and ${inRealTime}
         order by usage_ends_at limit ?`,
        [now, limit],
      );
      return rows.map(({ account_id }) => account_id);
    },

    /** When the next period of an account in real time ends; null: none runs. */
    async nextEnd(): Promise<number | null> {
      const [row] = await sql<{ usage_ends_at: number }>(
        `select usage_ends_at from account_counters where usage_ends_at > 0 and ${inRealTime}
         order by usage_ends_at limit 1`,
        [],
      );
      return row?.usage_ends_at ?? null;
    },

    page(account_id: string, filter: PageRequest): Promise<Page<SnapshotRecord>> {
      return pager.page({
        query: db('usage_snapshots').where({ account_id }),
        request: filter,
        scope: `${account_id}/usage_snapshots`,
        table: 'usage_snapshots',
        toItem: (row: Omit<SnapshotRecord, 'metrics'> & { metrics: string }) => ({
          ...row,
          metrics: fromJson<SnapshotRecord['metrics']>(row.metrics),
        }),
      });
    },

    /**
     * Where the gauges of an account are not what there is, of what is committed: one statement, and each commit brings
     * a thing and its count together.
     */
    drift: compare,

    /** Sets the gauges of an account to what there is. @returns what was wrong. */
    async recount(account_id: string): Promise<Drift[]> {
      // Those that share this commit have written their rows; their counts must not come on top of what is counted here.
      await late.settle();
      // Others that have written rows and not counted them are not seen yet, and count after us.
      await find(account_id, true);
      const drift = await compare(account_id);
      for (const { metric, there } of drift) {
        await db('account_counters')
          .where({ account_id })
          .update({ [metric]: there });
      }
      return drift;
    },
  };
}
