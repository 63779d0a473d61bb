import { keyset, lease, leaseClaims, machine, PRODUCT, rootKey } from './issuer.ts';
import { DAY, NOW } from './kit.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

export type Values = Readonly<Record<string, unknown>>;

const { lic, dev, sub } = leaseClaims;
export const EXP = NOW + 14 * DAY;
export const GRACE_UNTIL = NOW + 21 * DAY;

/** What a machine remembers after an activation at NOW, with members changed. */
export const storedWith = (changes: Values = {}): Values => ({
  lease: lease(),
  keyset: keyset(),
  revocations: null,
  deviceId: dev,
  lastSequences: { lease: 7, keyset: 4, revocations: 0 },
  highWater: NOW,
  problem: null,
  devicesUsed: 2,
  keyMasked: '••••-9F3C',
  isDeactivated: false,
  ...changes,
});

export const nothing = storedWith({
  lease: null,
  keyset: null,
  deviceId: null,
  lastSequences: { lease: 0, keyset: 0, revocations: 0 },
  highWater: 0,
  devicesUsed: null,
  keyMasked: null,
});

/** The license as an app shows it. */
export const licenseOf = (changes: Partial<typeof lic> = {}) => {
  const { type, exp, limit } = { ...lic, ...changes };
  return {
    id: sub,
    type,
    expiresAt: exp,
    seats: { limit, used: 2 },
    features: leaseClaims.ent,
    keyMasked: '••••-9F3C',
  };
};

export const problem = (code: string, more: Values = {}) => ({ code, since: NOW - 60, ...more });
export const warning = (code: string) => ({ code, since: NOW - 60 });

interface Case {
  readonly stored: Values | 'damaged';
  readonly now?: number;
  readonly flags?: readonly string[];
}

export const judged = (
  comment: string,
  { stored, now = NOW, flags = [] }: Case,
  expected: Values,
): VectorTest => ({
  comment,
  flags,
  input: { stored, now },
  expected: { deviceId: dev, warning: null, ...expected },
});
export const group = (comment: string, tests: readonly VectorTest[], shared: Values = {}): VectorGroup => ({
  type: 'LicenseState',
  comment,
  rootKeys: [rootKey.jwk],
  audience: PRODUCT,
  device: machine,
  ...shared,
  tests,
});

export const active = (changes: Values = {}): Values => ({
  status: 'active',
  isLicensed: true,
  license: licenseOf(),
  validUntil: EXP,
  graceUntil: GRACE_UNTIL,
  ...changes,
});
export const inGrace = (changes: Values = {}): Values =>
  active({ status: 'grace', reason: 'not_refreshed', ...changes });
export const ended = (status: string, changes: Values = {}): Values => ({
  status,
  isLicensed: false,
  license: licenseOf(),
  ...changes,
});
export const expired = (changes: Values = {}): Values =>
  ended('expired', { reason: 'not_refreshed', endedAt: GRACE_UNTIL, ...changes });
export const unlicensed = (reason: string, changes: Values = {}): Values => ({
  status: 'unlicensed',
  isLicensed: false,
  reason,
  ...changes,
});
export const tampered = (reason: string, changes: Values = {}): Values => ({
  status: 'tampered',
  isLicensed: false,
  reason,
  ...changes,
});

/** The same lease at several moments: what is stored stays as it is. */
export const through = (
  stored: Values,
  moments: [comment: string, now: number, expected: Values][],
): VectorTest[] =>
  moments.map(([comment, now, expected]) => judged(comment, { stored, now, flags: ['Boundary'] }, expected));

export const leaseWith = (changes: Values, stored: Values = {}) =>
  storedWith({ lease: lease(changes), ...stored });

export const limitProblem = problem('DEVICE_LIMIT_REACHED', { seats: { limit: 3, used: 3 } });
export const deviceLimit = {
  status: 'device_limit',
  isLicensed: false,
  seats: { limit: 3, used: 3 },
  warning: warning('DEVICE_LIMIT_REACHED'),
};
