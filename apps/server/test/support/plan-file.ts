import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PlanMetric, planMetrics } from '@thrivetech/contracts';
import { afterAll } from 'vitest';

/** Plans without a price and without rates, each with its limits; a metric that is left out has none. */
export type PlanLimits = Readonly<Record<string, Partial<Record<PlanMetric, number>>>>;

/** A plan file that is there for the tests of a `describe`. @returns its path. */
export function usePlanFile(plans: PlanLimits): string {
  const folder = mkdtempSync(join(tmpdir(), 'thrive-plans-'));
  const path = join(folder, 'plans.json');
  const file = Object.entries(plans).map(([code, limits]) => ({
    ...{ code, name: code, custom: false, prices: [], trial_days: 0 },
    rate_limits: { per_minute: null, per_hour: null },
    limits: Object.fromEntries(planMetrics.map((metric) => [metric, limits[metric] ?? null])),
  }));
  writeFileSync(path, JSON.stringify(file));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return path;
}
