import { errorCodes } from '../errors.ts';

/** The statuses of the errors that the four calls can end in. */
const statuses = {
  VALIDATION_ERROR: 400,
  AUTHENTICATION_REQUIRED: 401,
  INVALID_TOKEN: 401,
  PERMISSION_DENIED: 403,
  LICENSE_EXPIRED: 403,
  LICENSE_REVOKED: 403,
  LICENSE_SUSPENDED: 403,
  RESOURCE_NOT_FOUND: 404,
  CONFLICT: 409,
  DEVICE_LIMIT_REACHED: 409,
  RATE_LIMIT_EXCEEDED: 429,
  INTERNAL_ERROR: 500,
} as const;

export type RefusalCode = keyof typeof statuses;

/** One fault of a request: where it is, its kind, and what to change. */
export interface FieldFault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

type Details = readonly FieldFault[] | Readonly<Record<string, string | number>>;

/** A request that ends in an error. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly details: Details | undefined;

  constructor(code: RefusalCode, options: { message?: string; details?: Details } = {}) {
    super(options.message ?? errorCodes[code].message);
    this.code = code;
    this.status = statuses[code];
    this.details = options.details;
  }
}

/** Not there, or not for this caller: nobody can tell which, on purpose. */
export const notFound = (noun: string): Refusal =>
  new Refusal('RESOURCE_NOT_FOUND', { message: `There is no such ${noun}.` });

/** Faults of fields, all in one answer. */
export const invalid = (...faults: readonly FieldFault[]): Refusal =>
  new Refusal('VALIDATION_ERROR', { details: faults });
