import type { ProcedureContract } from '@thrivetech/contracts';
import type { Access, Use } from '../../platform/access.ts';
import { AppError } from '../../platform/app-error.ts';
import type { AnswerNotes } from '../init.ts';

/** @throws {AppError} PAYMENT_REQUIRED, SUBSCRIPTION_INACTIVE (billing.md, "States") */
export function refuseBySubscription(
  contract: Pick<ProcedureContract, 'access'>,
  access: (use: Use) => Access,
  notes: AnswerNotes,
): void {
  if (contract.access === 'open') return;
  const decided = access(contract.access);
  if (!decided.allowed) throw new AppError(decided.code);
  if (decided.warning) notes.warning = decided.warning;
}
