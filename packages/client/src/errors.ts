interface ErrorEntry {
  readonly message: string;
  readonly retryable: boolean;
  readonly action: string;
}

const again = 'Nothing needs to change; it is tried again later, and a lease that is stored stays good.';

/**
 * Every code an app can meet: first those of the server's catalogue, then those that arise on the machine itself.
 * `retryable` means: the same call, made again later, may succeed without anybody changing anything.
 */
export const errorCodes = {
  AUTHENTICATION_REQUIRED: {
    message: 'An API key is required.',
    retryable: false,
    action: 'Send the header "Authorization: Bearer <API key>".',
  },
  INVALID_TOKEN: {
    message: 'The API key is not valid.',
    retryable: false,
    action: 'Check the key for typing errors; if it was revoked or has expired, create a new one.',
  },
  PERMISSION_DENIED: {
    message: 'This API key may not do that.',
    retryable: false,
    action: 'Use a key of a type that the operation lists; `details.reason` says what stood in the way.',
  },
  RESOURCE_NOT_FOUND: {
    message: 'There is nothing here with this id or key.',
    retryable: false,
    action: 'Check the id, the license key or the path.',
  },
  VALIDATION_ERROR: {
    message: 'The request is not valid.',
    retryable: false,
    action: 'Each entry of `details` names a field and what to change.',
  },
  RATE_LIMIT_EXCEEDED: {
    message: 'Too many requests.',
    retryable: true,
    action: 'Wait as many seconds as the header `Retry-After` says, then send the request again.',
  },
  LICENSE_EXPIRED: {
    message: 'This license has expired.',
    retryable: false,
    action: 'Renew the license or issue a new one.',
  },
  LICENSE_REVOKED: {
    message: 'This license has been revoked.',
    retryable: false,
    action: 'A revoked license never works again; issue a new one.',
  },
  LICENSE_SUSPENDED: {
    message: 'This license is suspended.',
    retryable: false,
    action: 'The vendor can reinstate the license; its devices keep their seats.',
  },
  DEVICE_LIMIT_REACHED: {
    message: 'All seats of this license are taken.',
    retryable: false,
    action: 'Deactivate a device, pass `replace_device_id`, or raise the device limit.',
  },
  PLAN_LIMIT_REACHED: {
    message: 'The limit of the subscribed plan is reached.',
    retryable: false,
    action: 'Upgrade the plan or remove what is no longer needed.',
  },
  PAYMENT_REQUIRED: {
    message: 'A payment is due.',
    retryable: false,
    action: 'Add a working payment method or pay the open invoice.',
  },
  SUBSCRIPTION_INACTIVE: {
    message: 'The subscription is not active.',
    retryable: false,
    action: 'Subscribe to a plan.',
  },
  CONFLICT: {
    message: 'The request does not fit the present state.',
    retryable: false,
    action: 'Read the object again; `details.reason` says what is in the way.',
  },
  INTERNAL_ERROR: {
    message: 'Something went wrong on our side.',
    retryable: true,
    action: 'Try again; if it stays, report the request id.',
  },

  NETWORK_ERROR: { message: 'The server could not be reached.', retryable: true, action: again },
  TIMEOUT: { message: 'The server did not answer in time.', retryable: true, action: again },
  /** Of a login page, a proxy or an impostor; or of a server with other root keys than the app was built with. */
  UNTRUSTED_ANSWER: {
    message: 'The answer is not one of the license server.',
    retryable: true,
    action: 'Check the network (a login page?), then `baseUrl`, `productId` and `rootKeys`.',
  },
  ABORTED: { message: 'The call was ended.', retryable: true, action: again },
  INVALID_LICENSE_KEY: {
    message: 'This is not a license key: something is missing or mistyped.',
    retryable: false,
    action: 'Compare it with the original, letter by letter, or paste it.',
  },
  LICENSE_KEY_REQUIRED: {
    message: 'The license key is not stored on this machine, or cannot be opened.',
    retryable: false,
    action:
      'Ask for the license key and call `activate`; a machine without a network imports a new license file.',
  },
  INVALID_LICENSE_FILE: {
    message: 'This license file is not one for this app on this machine.',
    retryable: false,
    action: 'Export a new request and have it answered; `details.reason` says what was wrong with the file.',
  },
  /** Of `verifyWebhook`, on a server of the vendor's. */
  INVALID_WEBHOOK: {
    message: 'This webhook is not to be believed.',
    retryable: false,
    action:
      'Answer with a 400; `details.reason` says why. If it is always so, compare the secret with the endpoint.',
  },
  /** The app is at fault. Thrown by constructors too. */
  INVALID_OPTION: {
    message: 'An option is missing or wrong.',
    retryable: false,
    action: 'Correct the options; the message names the one.',
  },
  ALREADY_LICENSED: {
    message: 'This machine has a license already, which a trial would displace.',
    retryable: false,
    action: 'Offer no trial while `check()` says that the app is licensed.',
  },
  NOT_ACTIVATED: {
    message: 'There is no license on this machine.',
    retryable: false,
    action: 'Call `activate`, `startTrial` or `importLicense` first.',
  },
  CLOCK_WRONG: {
    message: "This machine's clock is wrong, so no lease can be judged by it.",
    retryable: true,
    action: 'Set date and time of the machine, then call `validate`; the license is here already.',
  },
  STORAGE_ERROR: {
    message: 'The state of the license could not be written.',
    retryable: true,
    action:
      "Let the app write to its state directory, or name another one with `storage`; the cause has the system's words.",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ThriveErrorCode = keyof typeof errorCodes;

export interface ThriveErrorOptions {
  readonly message?: string | undefined;
  /** Where the code's own advice would be of no use. */
  readonly action?: string | undefined;
  readonly details?: unknown;
  readonly requestId?: string | null | undefined;
  readonly status?: number | null | undefined;
  readonly retryAfterMs?: number | null | undefined;
  /** For codes of a later server. */
  readonly retryable?: boolean | undefined;
  readonly cause?: unknown;
}

/**
 * The one error that this package throws on purpose. It never holds a license key or an API key, so it may go into a
 * log as it is.
 */
export class ThriveError extends Error {
  /** One of {@link errorCodes}, or a code of a later server. */
  readonly code: ThriveErrorCode | (string & Record<never, never>);
  /** Whether the same call, made again later, may succeed without anybody changing anything. */
  readonly retryable: boolean;
  /** What to do, in one sentence, for the developer and support rather than for the end user. */
  readonly action: string;
  /** What the server or the check says more precisely, by code. */
  readonly details: unknown;
  /** Names the request in the server's log; null when nobody answered. */
  readonly requestId: string | null;
  /** Of the HTTP answer; null when there was none. */
  readonly status: number | null;
  /** How long the server asks to wait; null when it does not say. */
  readonly retryAfterMs: number | null;

  constructor(code: string, options: ThriveErrorOptions = {}) {
    const entry: ErrorEntry | undefined = Object.hasOwn(errorCodes, code)
      ? errorCodes[code as ThriveErrorCode]
      : undefined;
    super(options.message ?? entry?.message ?? 'The server refused.', { cause: options.cause });
    this.name = 'ThriveError';
    this.code = code;
    this.retryable = options.retryable ?? entry?.retryable ?? false;
    this.action = options.action ?? entry?.action ?? 'Update the app: this code is newer than it.';
    this.details = options.details ?? null;
    this.requestId = options.requestId ?? null;
    this.status = options.status ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}
