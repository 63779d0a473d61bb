import { toAppError, toTrpcError } from '../errors.ts';
import { t } from '../init.ts';

/**
 * Outermost. Every failure leaves as one of the catalogue's errors; what nobody foresaw is logged with its cause,
 * and the caller learns the request id and nothing else.
 */
export const reportErrors = t.middleware(async ({ ctx, next, path }) => {
  const result = await next();
  if (result.ok) return result;
  const error = toAppError(result.error);
  if (error.code === 'INTERNAL_ERROR') {
    ctx.log.error(
      { err: error.cause ?? error, procedure: path, request_id: ctx.request_id },
      'unexpected error',
    );
  }
  if (error.retryAfterSeconds !== undefined) ctx.notes.retryAfterSeconds = error.retryAfterSeconds;
  throw toTrpcError(error);
});
