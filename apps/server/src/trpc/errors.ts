import type { ErrorCode, ValidationDetail } from '@thrivetech/contracts';
import { TRPCError } from '@trpc/server';
import type { z } from 'zod';
import { AppError, type ErrorDetails } from '../platform/app-error.ts';

type TrpcCode = TRPCError['code'];

/** How each error travels over tRPC. A code without a row does not compile. */
const trpcCodes: Record<ErrorCode, TrpcCode> = {
  AUTHENTICATION_REQUIRED: 'UNAUTHORIZED',
  INVALID_TOKEN: 'UNAUTHORIZED',
  PERMISSION_DENIED: 'FORBIDDEN',
  RESOURCE_NOT_FOUND: 'NOT_FOUND',
  VALIDATION_ERROR: 'BAD_REQUEST',
  RATE_LIMIT_EXCEEDED: 'TOO_MANY_REQUESTS',
  LICENSE_EXPIRED: 'FORBIDDEN',
  LICENSE_REVOKED: 'FORBIDDEN',
  LICENSE_SUSPENDED: 'FORBIDDEN',
  DEVICE_LIMIT_REACHED: 'CONFLICT',
  PLAN_LIMIT_REACHED: 'FORBIDDEN',
  PAYMENT_REQUIRED: 'FORBIDDEN',
  SUBSCRIPTION_INACTIVE: 'FORBIDDEN',
  CONFLICT: 'CONFLICT',
  INTERNAL_ERROR: 'INTERNAL_SERVER_ERROR',
};

/** What tRPC itself refuses before a procedure runs, in our words: unknown path, wrong method, bad JSON. */
const transportCodes: Partial<Record<TrpcCode, ErrorCode>> = {
  NOT_FOUND: 'RESOURCE_NOT_FOUND',
  METHOD_NOT_SUPPORTED: 'RESOURCE_NOT_FOUND',
  PARSE_ERROR: 'VALIDATION_ERROR',
  BAD_REQUEST: 'VALIDATION_ERROR',
  PAYLOAD_TOO_LARGE: 'VALIDATION_ERROR',
  UNSUPPORTED_MEDIA_TYPE: 'VALIDATION_ERROR',
};

/** The error a caller gets to see, for whatever went wrong inside or before a procedure. */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (!(error instanceof TRPCError)) return new AppError('INTERNAL_ERROR', { cause: error });
  if (error.cause instanceof AppError) return error.cause;
  const code = transportCodes[error.code];
  return new AppError(code ?? 'INTERNAL_ERROR', code ? { cause: error } : { cause: error.cause ?? error });
}

/** Wraps an error for tRPC, so that its HTTP status is right on the tRPC door too. */
export function toTrpcError(error: AppError): TRPCError {
  return new TRPCError({ code: trpcCodes[error.code], message: error.message, cause: error });
}

/** The public part of an error: never a cause, never a stack. */
export function publicError(error: AppError): { code: ErrorCode; message: string; details?: ErrorDetails } {
  return { code: error.code, message: error.message, ...(error.details && { details: error.details }) };
}

const detailsMax = 20;

/** Each fault of an input: where, what kind, and what would be right. */
export function validationDetails(error: z.core.$ZodError): ValidationDetail[] {
  return error.issues
    .flatMap((issue): ValidationDetail[] => {
      const path = issue.path.map(String);
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => ({
          path: [...path, key].join('.'),
          code: 'unknown_field',
          message: 'is not a field of this request; check its spelling or leave it out',
        }));
      }
      return [{ path: path.join('.'), code: issue.code, message: issue.message }];
    })
    .slice(0, detailsMax);
}
