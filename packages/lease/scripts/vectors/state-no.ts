import { leaseClaims } from './issuer.ts';
import { DAY, NOW } from './kit.ts';
import {
  active,
  deviceLimit,
  EXP,
  ended,
  expired,
  GRACE_UNTIL,
  group,
  inGrace,
  judged,
  leaseWith,
  licenseOf,
  limitProblem,
  problem,
  storedWith,
  unlicensed,
  type Values,
  warning,
} from './state-group.ts';
import type { VectorGroup } from './vector-file.ts';

const { lic, pol } = leaseClaims;

/** A lease that says no: signed, and short. */
const signedNo = (status: string, changes: Values = {}, licenseChanges: Values = {}) =>
  leaseWith({
    exp: NOW + 300,
    lic: { ...lic, status, ...licenseChanges },
    pol: { ...pol, refresh: 0, grace: 0 },
    ...changes,
  });
const saidNo: [status: string, expected: Values][] = [
  ['revoked', ended('revoked')],
  ['suspended', ended('suspended')],
  ['paused_by_a_later_server', ended('suspended')],
  ['deactivated', unlicensed('deactivated')],
  ['not_started', unlicensed('not_started')],
];
const over = NOW - DAY;
const expiredNo = signedNo('expired', {}, { exp: over });
const expiredTrialNo = signedNo('expired', {}, { type: 'trial', exp: over });

const unproven = [
  'LICENSE_REVOKED',
  'LICENSE_SUSPENDED',
  'LICENSE_EXPIRED',
  'RESOURCE_NOT_FOUND',
  'DEVICE_NOT_ACTIVATED',
  'INVALID_TOKEN',
  'PERMISSION_DENIED',
  'INTERNAL_ERROR',
  'RATE_LIMIT_EXCEEDED',
  'NETWORK_ERROR',
  'TIMEOUT',
  'UNTRUSTED_ANSWER',
  'CODE_OF_A_LATER_SERVER',
];
export const stateNoGroups: VectorGroup[] = [
  group('A lease that says no', [
    ...saidNo.flatMap(([status, expected]) => [
      judged(`${status}, just now`, { stored: signedNo(status), flags: ['SignedRefusal'] }, expected),
      judged(
        `${status}, long ago: it stays so`,
        { stored: signedNo(status), now: NOW + 90 * DAY, flags: ['SignedRefusal'] },
        expected,
      ),
      judged(
        `${status}, and the clock was set back: it stays so`,
        { stored: signedNo(status), now: NOW - 90 * DAY, flags: ['SignedRefusal'] },
        expected,
      ),
    ]),
    judged(
      'expired',
      { stored: expiredNo, flags: ['SignedRefusal'] },
      expired({ license: licenseOf({ exp: over }), reason: 'license_ended', endedAt: over }),
    ),
    judged(
      'expired, a trial',
      { stored: expiredTrialNo, flags: ['SignedRefusal'] },
      expired({ license: licenseOf({ type: 'trial', exp: over }), reason: 'trial_ended', endedAt: over }),
    ),
    judged(
      'expired, and the clock was set back: it stays so',
      { stored: expiredNo, now: NOW - 90 * DAY, flags: ['SignedRefusal'] },
      expired({ license: licenseOf({ exp: over }), reason: 'license_ended', endedAt: over }),
    ),
  ]),
  group('A no without proof', [
    ...unproven.map((code) =>
      judged(
        `${code}: a valid lease goes on`,
        { stored: storedWith({ problem: problem(code) }), flags: ['Unproven'] },
        active({ warning: warning(code) }),
      ),
    ),
    judged(
      'DEVICE_LIMIT_REACHED, of another license key: a valid lease goes on',
      { stored: storedWith({ problem: limitProblem }), flags: ['Unproven', 'DeviceLimit'] },
      active({ warning: warning('DEVICE_LIMIT_REACHED') }),
    ),
    judged(
      'in grace it goes on as well',
      { stored: storedWith({ problem: problem('LICENSE_REVOKED') }), now: EXP + 1, flags: ['Unproven'] },
      inGrace({ warning: warning('LICENSE_REVOKED') }),
    ),
    judged(
      'it explains a lease that has run out',
      {
        stored: storedWith({ problem: problem('LICENSE_SUSPENDED') }),
        now: GRACE_UNTIL + 1,
        flags: ['Unproven'],
      },
      expired({ warning: warning('LICENSE_SUSPENDED') }),
    ),
    judged(
      'for want of a seat, after the lease has run out',
      { stored: storedWith({ problem: limitProblem }), now: GRACE_UNTIL + 1, flags: ['DeviceLimit'] },
      deviceLimit,
    ),
  ]),
];
