import type { ProcedureContract } from '@thrivetech/contracts';
import type { z } from 'zod';
import { CliError, ExitCode } from './cli.ts';

/** What both doors check before a use case runs: the command line is no way around it. */
export function checked<Contract extends ProcedureContract>(
  contract: Contract,
  input: z.input<Contract['input']>,
): z.output<Contract['input']> {
  const parsed = contract.input.safeParse(input);
  if (parsed.success) return parsed.data as z.output<Contract['input']>;
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  throw new CliError(ExitCode.usage, faults.join('; '));
}
