import { leaseClaims } from './issuer.ts';
import { DAY, NOW } from './kit.ts';
import {
  active,
  EXP,
  ended,
  expired,
  GRACE_UNTIL,
  group,
  inGrace,
  judged,
  leaseWith,
  licenseOf,
  storedWith,
  through,
} from './state-group.ts';
import type { VectorGroup } from './vector-file.ts';

const { lic, pol } = leaseClaims;

// A timed license that ends in five days and has seven days of grace: the lease ends with that grace.
const LICENSE_END = NOW + 5 * DAY;
const HARD_END = NOW + 12 * DAY;
const endingLicense = licenseOf({ exp: LICENSE_END });
const ending = leaseWith({ exp: HARD_END, lic: { ...lic, exp: LICENSE_END }, pol: { ...pol, grace: 0 } });
const endingState = { license: endingLicense, validUntil: LICENSE_END, graceUntil: HARD_END };

const BETWEEN = NOW + 16 * DAY;

const trialLicense = (exp: number) => ({ type: 'trial', status: 'active', exp, limit: 1 });
const shortTrial = leaseWith({ lic: trialLicense(EXP), pol: { ...pol, grace: 0 } });
const shortTrialLicense = licenseOf(trialLicense(EXP));
const longTrial = leaseWith({ lic: trialLicense(NOW + 30 * DAY) });
const longTrialLicense = licenseOf(trialLicense(NOW + 30 * DAY));

const floating = leaseWith({
  exp: NOW + 600,
  lic: { ...lic, type: 'floating' },
  pol: { ...pol, refresh: 300, grace: 0 },
});
const floatingState = {
  license: licenseOf({ type: 'floating' }),
  validUntil: NOW + 600,
  graceUntil: NOW + 600,
};

export const stateTimeGroups: VectorGroup[] = [
  group(
    'A lease that nobody refreshes',
    through(storedWith(), [
      ['when issued', NOW, active()],
      ['as refresh is due', NOW + 7 * DAY, active()],
      ['a second before it ends', EXP - 1, active()],
      ['as it ends', EXP, active()],
      ['a second after it ends', EXP + 1, inGrace()],
      ['as its grace ends', GRACE_UNTIL, inGrace()],
      ['a second after its grace ends', GRACE_UNTIL + 1, expired()],
      [
        'a year later: the license has ended as well',
        NOW + 365 * DAY,
        expired({ reason: 'license_ended', endedAt: lic.exp }),
      ],
    ]),
  ),
  group(
    'A license that ends while its lease runs',
    through(ending, [
      ['a second before it ends', LICENSE_END - 1, active(endingState)],
      ['as it ends', LICENSE_END, active(endingState)],
      ['a second after it ends', LICENSE_END + 1, inGrace({ ...endingState, reason: 'license_ended' })],
      ['as its grace ends', HARD_END, inGrace({ ...endingState, reason: 'license_ended' })],
      [
        'a second after its grace ends',
        HARD_END + 1,
        expired({ license: endingLicense, reason: 'license_ended', endedAt: LICENSE_END }),
      ],
    ]),
  ),
  group(
    'A license that ends after its lease, in its grace',
    through(leaseWith({ lic: { ...lic, exp: BETWEEN } }), [
      ['as it ends', BETWEEN, inGrace({ license: licenseOf({ exp: BETWEEN }) })],
      [
        'a second after it ends',
        BETWEEN + 1,
        inGrace({ license: licenseOf({ exp: BETWEEN }), reason: 'license_ended' }),
      ],
    ]),
  ),
  group(
    'A license without end',
    through(leaseWith({ lic: { ...lic, type: 'perpetual', exp: null } }), [
      [
        'a second before its lease ends',
        EXP - 1,
        active({ license: licenseOf({ type: 'perpetual', exp: null as never }) }),
      ],
      [
        'a second after its lease ends',
        EXP + 1,
        inGrace({ license: licenseOf({ type: 'perpetual', exp: null as never }) }),
      ],
      [
        'ten years later',
        NOW + 3650 * DAY,
        expired({ license: licenseOf({ type: 'perpetual', exp: null as never }) }),
      ],
    ]),
  ),
  group(
    'A trial as long as its lease',
    through(shortTrial, [
      [
        'as it ends',
        EXP,
        active({ status: 'trial', license: shortTrialLicense, graceUntil: EXP, endsAt: EXP }),
      ],
      [
        'a second after it ends',
        EXP + 1,
        expired({ license: shortTrialLicense, reason: 'trial_ended', endedAt: EXP }),
      ],
    ]),
  ),
  group(
    'A trial longer than its lease',
    through(longTrial, [
      ['when started', NOW, active({ status: 'trial', license: longTrialLicense, endsAt: NOW + 30 * DAY })],
      ['a second after its lease ends', EXP + 1, inGrace({ license: longTrialLicense })],
      ['a second after the grace of its lease', GRACE_UNTIL + 1, expired({ license: longTrialLicense })],
      [
        'a second after it ends',
        NOW + 30 * DAY + 1,
        expired({ license: longTrialLicense, reason: 'trial_ended', endedAt: NOW + 30 * DAY }),
      ],
    ]),
  ),
  group(
    'A floating seat',
    through(floating, [
      ['as its lease ends', NOW + 600, active(floatingState)],
      [
        'a second later: there is no grace',
        NOW + 601,
        expired({ license: floatingState.license, endedAt: NOW + 600 }),
      ],
    ]),
  ),
  group('The clock', [
    judged(
      'behind the latest time known by the tolerance',
      { stored: storedWith({ highWater: NOW + 2 * DAY }), now: NOW + DAY, flags: ['Boundary'] },
      active(),
    ),
    judged(
      'a second more',
      { stored: storedWith({ highWater: NOW + 2 * DAY }), now: NOW + DAY - 1, flags: ['Boundary'] },
      ended('clock_rollback', { latestKnown: NOW + 2 * DAY }),
    ),
    judged(
      'an expired lease does not come back with the clock',
      { stored: storedWith({ highWater: GRACE_UNTIL + 2 * DAY }), now: NOW + DAY },
      ended('clock_rollback', { latestKnown: GRACE_UNTIL + 2 * DAY }),
    ),
    judged(
      'nor if only the mark was removed: the time of the lease counts',
      { stored: storedWith({ highWater: 0 }), now: NOW - DAY - 1, flags: ['Boundary'] },
      ended('clock_rollback', { latestKnown: NOW }),
    ),
    judged(
      'before the lease by more than the skew',
      { stored: storedWith(), now: NOW - 301, flags: ['Boundary'] },
      ended('clock_rollback', { latestKnown: NOW }),
    ),
    judged(
      'before the lease by the skew',
      { stored: storedWith(), now: NOW - 300, flags: ['Boundary'] },
      active(),
    ),
    judged(
      'a clock once set ahead, after one lease with our nonce: the mark is its time',
      { stored: storedWith({ highWater: NOW }), now: NOW + 1 },
      active(),
    ),
    judged(
      'set back and expired by the clock as well: the clock is told',
      { stored: storedWith({ highWater: NOW + 1000 * DAY }), now: GRACE_UNTIL + 1 },
      ended('clock_rollback', { latestKnown: NOW + 1000 * DAY }),
    ),
  ]),
];
