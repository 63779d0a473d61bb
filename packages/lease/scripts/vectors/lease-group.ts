import { GRACE_UNTIL, keyset, machine, PRODUCT, rootKey } from './issuer.ts';
import { NOW } from './kit.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

export const leaseGroup = (
  comment: string,
  tests: readonly VectorTest[],
  shared: Readonly<Record<string, unknown>> = {},
): VectorGroup => ({
  type: 'LeaseVerify',
  comment,
  rootKeys: [rootKey.jwk],
  keyset: keyset(),
  audience: PRODUCT,
  device: machine,
  revocations: null,
  ...shared,
  tests,
});

export interface Moment {
  readonly now?: number;
  readonly nonce?: string;
  readonly highWater?: number;
  readonly lastSequence?: number;
}

const inputOf = (token: string, { now = NOW, nonce, highWater, lastSequence }: Moment) => ({
  token,
  now,
  nonce: nonce ?? null,
  highWater: highWater ?? null,
  lastSequence: lastSequence ?? null,
});

export interface LeaseCase {
  readonly comment: string;
  readonly token: string;
  readonly moment?: Moment;
  readonly flags?: readonly string[];
}

/** Refused before anything of its claims may be told. */
export const unreadable = (
  error: string,
  { comment, token, moment = {}, flags = [] }: LeaseCase,
): VectorTest => ({
  comment,
  flags,
  input: inputOf(token, moment),
  error,
});

/** Refused by what its claims say: from WRONG_AUDIENCE on a mark is to be kept all the same. */
export const refused = (
  error: string,
  { comment, token, moment = {}, flags = [] }: LeaseCase,
): VectorTest => ({
  comment,
  flags,
  input: inputOf(token, moment),
  error,
  expected: { highWater: markOf(moment) },
});

/** Accepted; `expected` says only what differs from a fresh lease in the middle of its life. */
export const accepted = (
  { comment, token, moment = {}, flags = [] }: LeaseCase,
  expected: Readonly<Record<string, unknown>> = {},
): VectorTest => ({
  comment,
  flags,
  input: inputOf(token, moment),
  expected: {
    state: 'active',
    graceUntil: GRACE_UNTIL,
    refreshDue: false,
    changed: [],
    highWater: markOf(moment),
    ...expected,
  },
});

/** Of a lease issued at NOW. */
function markOf({ now = NOW, highWater = 0 }: Moment): number {
  return Math.max(NOW, now, highWater);
}
