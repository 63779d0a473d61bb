/** One thing that was looked at. */
export interface Finding {
  readonly check: string;
  /** What is wrong and what to do about it; null: all is well. */
  readonly problem: string | null;
  readonly found: string;
}

export const well = (check: string, found: string): Finding => ({ check, problem: null, found });
export const bad = (check: string, found: string, problem: string): Finding => ({ check, problem, found });
