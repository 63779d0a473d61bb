import { readFileSync } from 'node:fs';
import { type Plan, plan } from '@thrivetech/contracts';
import { z } from 'zod';

/** The plans an account can be on. */
export interface PlanCatalogue {
  list(): readonly Plan[];
  find(code: string): Plan | null;
}

const planFile = z
  .array(plan)
  .min(1)
  .refine(
    (plans) => new Set(plans.map(({ code }) => code)).size === plans.length,
    'each plan needs a code of its own',
  );

/**
 * Reads the plan file. An operator can replace it: `PLAN_FILE`.
 *
 * @throws {Error} naming every fault of the file, so that a bad one stops the start.
 */
export function loadPlanCatalogue(path: string): PlanCatalogue {
  const parsed = planFile.safeParse(readJson(path));
  if (!parsed.success) throw new Error(`The plan file ${path} is wrong: ${z.prettifyError(parsed.error)}`);
  const plans = parsed.data;
  return { list: () => plans, find: (code) => plans.find((candidate) => candidate.code === code) ?? null };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`The plan file ${path} cannot be read: ${(error as Error).message}`);
  }
}
