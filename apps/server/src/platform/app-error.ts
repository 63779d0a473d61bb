import { type ErrorCode, errorCatalogue, type ValidationDetail } from '@thrivetech/contracts';

/** What a caller is told beside code and message: faults of fields, or facts such as `{limit, used}`. */
export type ErrorDetails =
  | readonly ValidationDetail[]
  | Readonly<Record<string, string | number | boolean | null>>;

interface AppErrorOptions {
  /** Public text; the catalogue's when left out. Never put into it what the caller must not know. */
  message?: string;
  details?: ErrorDetails;
  /** For the log alone. */
  cause?: unknown;
  /** Seconds after which a retry may work; becomes `Retry-After`. */
  retryAfterSeconds?: number;
}

/** The one kind of error that reaches a caller by its code. Anything else becomes `INTERNAL_ERROR`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, options: AppErrorOptions = {}) {
    super(options.message ?? errorCatalogue[code].message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/** The thing is not there, or is another account's: the caller cannot tell which, on purpose. */
export const notFound = (noun: string): AppError =>
  new AppError('RESOURCE_NOT_FOUND', { message: `There is no such ${noun}.` });

/** One field is wrong in a way that no schema can see. */
export const invalid = (path: string, message: string): AppError =>
  new AppError('VALIDATION_ERROR', { details: [{ path, code: 'custom', message }] });

/** The request does not fit the present state; `reason` is stable and for programs. */
export const conflict = (reason: string, message: string): AppError =>
  new AppError('CONFLICT', { message, details: { reason } });
