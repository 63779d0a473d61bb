import {
  GRACE_UNTIL,
  keyEntry,
  keyset,
  lease,
  leaseClaims,
  NONCE,
  OTHER_NONCE,
  signingKey,
} from './issuer.ts';
import { DAY, NOW } from './kit.ts';
import { accepted, leaseGroup, type Moment, refused, unreadable } from './lease-group.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

const { lic, pol } = leaseClaims;
const EXP = NOW + 14 * DAY;
const MARK = NOW + 10 * DAY;
const LATER = NOW + 9 * 365 * DAY;

const at = (comment: string, moment: Moment, expected = {}, changes = {}): VectorTest =>
  accepted({ comment, token: lease(changes), moment, flags: ['Boundary'] }, expected);
const no =
  (error: string) =>
  (comment: string, moment: Moment, changes = {}): VectorTest =>
    refused(error, { comment, token: lease(changes), moment, flags: ['Boundary'] });
const expired = no('LEASE_EXPIRED');
const rollback = no('CLOCK_ROLLBACK');
const early = no('NOT_YET_VALID');
const stale = no('STALE_SEQUENCE');

const grace = { state: 'grace', refreshDue: true };
const floating = {
  exp: NOW + 600,
  lic: { ...lic, type: 'floating' },
  pol: { ...pol, refresh: 300, grace: 0 },
};

const keyFrom = NOW - 10;
const keyUntil = NOW + 10;
const notValid = (comment: string, iat: number): VectorTest =>
  unreadable('KEY_NOT_VALID_AT_ISSUE', { comment, token: lease({ iat }), flags: ['Boundary'] });

export const leaseTimeGroups: VectorGroup[] = [
  leaseGroup(
    'Step 12: the time of the key, from its first second to the one before its end',
    [
      notValid('a second before its first', keyFrom - 1),
      accepted({ comment: 'in its first second', token: lease({ iat: keyFrom }), flags: ['Boundary'] }),
      accepted(
        { comment: 'in its last second', token: lease({ iat: keyUntil - 1 }), flags: ['Boundary'] },
        { highWater: keyUntil - 1 },
      ),
      notValid('at its end', keyUntil),
      accepted({
        comment: 'judged by the time of issue, not by the clock: used long after the end of its key',
        token: lease(),
        moment: { now: NOW + 5 * DAY },
      }),
    ],
    { keyset: keyset({ keys: [keyEntry(signingKey, keyFrom, keyUntil)] }) },
  ),
  leaseGroup(
    'Step 12: a key without an end',
    [
      notValid('a second before its first', keyFrom - 1),
      accepted(
        {
          comment: 'years after its first',
          token: lease({ iat: LATER, nbf: LATER, exp: LATER + DAY, lic: { ...lic, exp: null } }),
          moment: { now: LATER },
        },
        { graceUntil: LATER + 8 * DAY },
      ),
    ],
    { keyset: keyset({ keys: [keyEntry(signingKey, keyFrom, null)] }) },
  ),
  leaseGroup('Steps 13 to 15: product, issuer and nonce', [
    refused('WRONG_AUDIENCE', { comment: 'another product', token: lease({ aud: 'prd_other' }) }),
    refused('WRONG_AUDIENCE', {
      comment: 'the product in capitals',
      token: lease({ aud: leaseClaims.aud.toUpperCase() }),
    }),
    refused('WRONG_AUDIENCE', {
      comment: 'the product and a space',
      token: lease({ aud: `${leaseClaims.aud} ` }),
    }),
    refused('WRONG_ISSUER', { comment: 'another issuer', token: lease({ iss: 'https://other.example' }) }),
    refused('WRONG_ISSUER', {
      comment: 'the issuer with a slash',
      token: lease({ iss: `${leaseClaims.iss}/` }),
    }),
    accepted({ comment: 'a stored lease: no nonce is asked for, though it has one', token: lease() }),
    accepted({ comment: 'the nonce that was asked for', token: lease(), moment: { nonce: NONCE } }),
    refused('WRONG_NONCE', {
      comment: 'an old answer',
      token: lease(),
      moment: { nonce: OTHER_NONCE },
      flags: ['Replay'],
    }),
    refused('WRONG_NONCE', {
      comment: 'an answer without a nonce, though one was asked for',
      token: lease({ nonce: undefined }),
      moment: { nonce: NONCE },
      flags: ['Replay'],
    }),
    refused('WRONG_NONCE', {
      comment: 'the nonce in lower case',
      token: lease({ nonce: NONCE.toLowerCase() }),
      moment: { nonce: NONCE },
      flags: ['Replay'],
    }),
  ]),
  leaseGroup('Step 16: a clock that was set back', [
    at(
      'a second less than the tolerance behind the mark',
      { now: MARK - DAY + 1, highWater: MARK },
      { refreshDue: true },
    ),
    at('the tolerance behind the mark', { now: MARK - DAY, highWater: MARK }, { refreshDue: true }),
    rollback('a second more than the tolerance behind the mark', { now: MARK - DAY - 1, highWater: MARK }),
    rollback('years behind the mark', { now: NOW, highWater: NOW + 1000 * DAY }),
    rollback('no mark is kept, and the clock is before the time of the lease', { now: NOW - DAY - 1 }),
    rollback('a mark older than the lease: the time of the lease counts', {
      now: NOW - DAY - 1,
      highWater: 1,
    }),
    at(
      'a tolerance of its own',
      { now: MARK - 10, highWater: MARK },
      { refreshDue: true },
      { pol: { ...pol, rollback: 10 } },
    ),
    rollback(
      'a second more than a tolerance of its own',
      { now: MARK - 11, highWater: MARK },
      { pol: { ...pol, rollback: 10 } },
    ),
    rollback('no tolerance', { now: MARK - 1, highWater: MARK }, { pol: { ...pol, rollback: 0 } }),
    rollback('an expired lease, and the clock was set back since', {
      now: NOW,
      highWater: GRACE_UNTIL + 2 * DAY,
    }),
    accepted(
      {
        comment: 'a clock once set ahead is healed by a lease with our nonce, whose time becomes the mark',
        token: lease(),
        moment: { nonce: NONCE, highWater: NOW + 1000 * DAY },
        flags: ['Healing'],
      },
      { highWater: NOW },
    ),
    refused('WRONG_NONCE', {
      comment: 'a replayed answer does not lower the mark',
      token: lease(),
      moment: { nonce: OTHER_NONCE, highWater: NOW + 1000 * DAY },
      flags: ['Healing'],
    }),
    refused('CLOCK_ROLLBACK', {
      comment: 'our nonce does not heal a clock that is behind the lease itself',
      token: lease(),
      moment: { nonce: NONCE, now: NOW - DAY - 1 },
      flags: ['Healing'],
    }),
  ]),
  leaseGroup('Step 17: a clock a little slow', [
    early('a second more than the skew before nbf', { now: NOW - 301 }),
    at('the skew before nbf', { now: NOW - 300 }),
    at('a second less than the skew before nbf', { now: NOW - 299 }),
    at('at nbf', { now: NOW }),
    early('no skew', { now: NOW - 1 }, { pol: { ...pol, skew: 0 } }),
    early('a lease that begins later', { now: NOW }, { nbf: NOW + 301 }),
  ]),
  leaseGroup('Step 18 and the state: the end of the lease, and its grace', [
    at('a second before it is due for refresh', { now: NOW + 7 * DAY - 1 }),
    at('as it is due for refresh', { now: NOW + 7 * DAY }, { refreshDue: true }),
    at('a second before it ends', { now: EXP - 1 }, { refreshDue: true }),
    at('as it ends', { now: EXP }, { refreshDue: true }),
    at('a second after it ends', { now: EXP + 1 }, grace),
    at('a second before its grace ends', { now: GRACE_UNTIL - 1 }, grace),
    at('as its grace ends', { now: GRACE_UNTIL }, grace),
    expired('a second after its grace ends', { now: GRACE_UNTIL + 1 }),
    expired('years after', { now: NOW + 4000 * DAY }),
    expired('expired, answered with our nonce', { now: GRACE_UNTIL + 1, nonce: NONCE }),
  ]),
  leaseGroup('Step 18 and the state: the end of the license', [
    at('as the license ends, while the lease runs', { now: NOW + 5 }, {}, { lic: { ...lic, exp: NOW + 5 } }),
    at(
      'a second after the license ends, while the lease runs',
      { now: NOW + 6 },
      { state: 'grace' },
      { lic: { ...lic, exp: NOW + 5 } },
    ),
    at('a license without end', { now: EXP }, { refreshDue: true }, { lic: { ...lic, exp: null } }),
    at(
      'the last second of a lease without grace',
      { now: NOW + 600 },
      { refreshDue: true, graceUntil: NOW + 600 },
      floating,
    ),
    expired('a second after the end of a lease without grace', { now: NOW + 601 }, floating),
  ]),
  leaseGroup('Step 19: the sequence', [
    stale('lower than one seen', { lastSequence: 8 }),
    at('the one seen', { lastSequence: 7 }),
    at('higher than one seen', { lastSequence: 6 }),
    stale('lower than one seen, though it carries our nonce', { lastSequence: 8, nonce: NONCE }),
    stale('as numbers, not as texts: 7 after 10', { lastSequence: 10 }),
    at('the first of a device', { lastSequence: 0 }, {}, { seq: 0 }),
  ]),
];
