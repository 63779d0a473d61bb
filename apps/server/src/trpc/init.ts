import type { ProcedureContract } from '@thrivetech/contracts';
import { initTRPC } from '@trpc/server';
import type { Logger } from '../platform/logger.ts';
import type { RateState } from '../platform/rate-limit/rate-limiter.ts';
import { publicError, toAppError } from './errors.ts';
import type { UnreadableInput } from './unreadable-input.ts';

/** What a door hands to a procedure: the request as it came, nothing decided yet. */
export interface CallContext {
  readonly request_id: string;
  readonly now: number;
  readonly address: string;
  /** The `Authorization` header. */
  readonly authorization: string | undefined;
  readonly idempotency_key: string | undefined;
  readonly log: Logger;
  /** Why the input could not be read; said where inputs are checked, so that earlier refusals stay earlier. */
  readonly unreadable?: UnreadableInput | undefined;
  /** Where the procedure leaves what belongs into headers. */
  readonly notes: AnswerNotes;
}

/** Facts about an answer that doors put into headers. A batch of calls shares one: the last call wins. */
export interface AnswerNotes {
  rate?: RateState;
  retryAfterSeconds?: number;
  replayed?: boolean;
  /** What the caller should know although the call succeeded. */
  warning?: 'PAYMENT_PAST_DUE';
  /** The body was not read to its end: the connection is of no further use. */
  mustClose?: boolean;
}

export interface ProcedureMeta {
  readonly contract: ProcedureContract;
}

export const t = initTRPC
  .context<CallContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    errorFormatter: ({ shape, error, ctx }) => {
      const appError = toAppError(error);
      return {
        ...shape,
        message: appError.message,
        data: { ...shape.data, error: publicError(appError), request_id: ctx?.request_id ?? null },
      };
    },
  });
