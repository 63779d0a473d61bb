export { createCallCounter } from './count-calls.ts';
export { countSql } from './count-sql.ts';
export { recountUsage } from './recount-usage.ts';
export { usageRouter } from './router.ts';
export { closeDueUsagePeriods, nextUsageEnd, snapshotUsage } from './snapshot-usage.ts';
export { createUsageRepository, gaugeWriter, type UsageRepository } from './usage.repository.ts';
