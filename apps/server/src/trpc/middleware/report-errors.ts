import { toAppError, toTrpcError } from '../errors.ts';
import type { CallContext } from '../init.ts';

/**
 * Around everything. Every failure leaves as one of the catalogue's errors; what nobody foresaw is logged with its cause,
 * and the caller learns the request id and nothing else.
 */
export async function reportErrors<Result extends { ok: boolean; error?: unknown }>(
  { ctx, path }: { ctx: CallContext; path: string },
  call: () => Promise<Result>,
): Promise<Result> {
  let failure: unknown;
  try {
    const result = await call();
    if (result.ok) return result;
    failure = result.error;
  } catch (error) {
    failure = error;
  }
  const error = toAppError(failure);
  if (error.code === 'INTERNAL_ERROR') {
    ctx.log.error(
      { err: error.cause ?? error, procedure: path, request_id: ctx.request_id },
      'unexpected error',
    );
  }
  if (error.retryAfterSeconds !== undefined) ctx.notes.retryAfterSeconds = error.retryAfterSeconds;
  throw toTrpcError(error);
}
