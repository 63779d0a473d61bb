import type { PlanMetric } from '@thrivetech/contracts';

/**
 * What there is of each thing in an account of `account_counters`, counted row by row: what the gauges must be. Trials and
 * their devices cost nothing, or whoever holds a channel key could use a vendor's plan up. A key that was rotated out does
 * not count during its overlap, or nobody at the limit could rotate.
 */
export const countSql: Readonly<Record<PlanMetric, string>> = {
  products: 'select count(*) from products where products.account_id = account_counters.account_id',
  licenses: `select count(*) from licenses where licenses.account_id = account_counters.account_id
    and licenses.type <> 'trial' and licenses.revoked_at is null`,
  customers: 'select count(*) from customers where customers.account_id = account_counters.account_id',
  activations: `select count(*) from devices join licenses on licenses.id = devices.license_id
    where devices.account_id = account_counters.account_id and devices.deactivated_at is null and licenses.type <> 'trial'`,
  api_keys: `select count(*) from api_keys where api_keys.account_id = account_counters.account_id
    and api_keys.revoked_at is null and api_keys.replaced_at is null`,
  webhook_endpoints:
    'select count(*) from webhook_endpoints where webhook_endpoints.account_id = account_counters.account_id',
};
