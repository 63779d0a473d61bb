import type { ProcedureContract } from '@thrivetech/contracts';
import { AppError } from '../../platform/app-error.ts';
import type { AnswerNotes } from '../init.ts';

/** What the state of its subscription lets an account do. */
export type Access =
  | { readonly allowed: true; readonly warning: AnswerNotes['warning'] | null }
  | { readonly allowed: false; readonly code: 'PAYMENT_REQUIRED' | 'SUBSCRIPTION_INACTIVE' };

/** What a call does, as far as the subscription is concerned. */
export type Use = Exclude<ProcedureContract['access'], 'open'>;

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
