/**
 * Every error a caller can receive. The twelve codes of the API reference, plus three it leaves out:
 * `CONFLICT` and `INTERNAL_ERROR` name statuses of its own table (409, 500) that had no code, and
 * `LICENSE_SUSPENDED` keeps "wait for the vendor" apart from "this license is gone for good".
 *
 * `retryable` means: the same request, sent again later, may succeed without anybody changing anything.
 */
export const errorCatalogue = {
  AUTHENTICATION_REQUIRED: {
    status: 401,
    message: 'An API key is required.',
    retryable: false,
    action: 'Send the header "Authorization: Bearer <API key>".',
  },
  INVALID_TOKEN: {
    status: 401,
    message: 'The API key is not valid.',
    retryable: false,
    action: 'Check the key for typing errors; if it was revoked or has expired, create a new one.',
  },
  PERMISSION_DENIED: {
    status: 403,
    message: 'This API key may not do that.',
    retryable: false,
    action: 'Use a key of a type that the operation lists; `details.reason` says what stood in the way.',
  },
  RESOURCE_NOT_FOUND: {
    status: 404,
    message: 'There is nothing here with this id or key.',
    retryable: false,
    action: 'Check the id, the license key or the path.',
  },
  VALIDATION_ERROR: {
    status: 400,
    message: 'The request is not valid.',
    retryable: false,
    action: 'Each entry of `details` names a field and what to change.',
  },
  RATE_LIMIT_EXCEEDED: {
    status: 429,
    message: 'Too many requests.',
    retryable: true,
    action: 'Wait as many seconds as the header `Retry-After` says, then send the request again.',
  },
  LICENSE_EXPIRED: {
    status: 403,
    message: 'This license has expired.',
    retryable: false,
    action: 'Renew the license or issue a new one.',
  },
  LICENSE_REVOKED: {
    status: 403,
    message: 'This license has been revoked.',
    retryable: false,
    action: 'A revoked license never works again; issue a new one.',
  },
  LICENSE_SUSPENDED: {
    status: 403,
    message: 'This license is suspended.',
    retryable: false,
    action: 'The vendor can reinstate the license; its devices keep their seats.',
  },
  DEVICE_LIMIT_REACHED: {
    status: 409,
    message: 'All seats of this license are taken.',
    retryable: false,
    action: 'Deactivate a device, pass `replace_device_id`, or raise the device limit.',
  },
  PLAN_LIMIT_REACHED: {
    status: 403,
    message: 'The limit of the subscribed plan is reached.',
    retryable: false,
    action: 'Upgrade the plan or remove what is no longer needed.',
  },
  PAYMENT_REQUIRED: {
    status: 403,
    message: 'A payment is due.',
    retryable: false,
    action: 'Add a working payment method or pay the open invoice.',
  },
  SUBSCRIPTION_INACTIVE: {
    status: 403,
    message: 'The subscription is not active.',
    retryable: false,
    action: 'Subscribe to a plan.',
  },
  CONFLICT: {
    status: 409,
    message: 'The request does not fit the present state.',
    retryable: false,
    action: 'Read the object again; `details.reason` says what is in the way.',
  },
  INTERNAL_ERROR: {
    status: 500,
    message: 'Something went wrong on our side.',
    retryable: true,
    action: 'Try again; if it stays, report the request id.',
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  readonly status: 400 | 401 | 403 | 404 | 409 | 429 | 500;
  readonly message: string;
  readonly retryable: boolean;
  readonly action: string;
}

/** One of the fifteen codes of {@link errorCatalogue}. */
export type ErrorCode = keyof typeof errorCatalogue;

/** All codes, in the order in which the reference and the documents list them. */
export const errorCodes = Object.keys(errorCatalogue) as ErrorCode[];

/** One fault of a request: where it is (`device.name`, `limit`), its kind, and what to change. */
export interface ValidationDetail {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}
