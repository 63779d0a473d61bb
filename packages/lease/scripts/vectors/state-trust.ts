import {
  bulletin,
  fp,
  ISSUER,
  keyset,
  lease,
  leaseClaims,
  nextRootKey,
  otherMachine,
  strangerKey,
} from './issuer.ts';
import { NOW } from './kit.ts';
import {
  active,
  deviceLimit,
  ended,
  expired,
  GRACE_UNTIL,
  group,
  judged,
  leaseWith,
  limitProblem,
  nothing,
  problem,
  storedWith,
  tampered,
  unlicensed,
  warning,
} from './state-group.ts';
import type { VectorGroup } from './vector-file.ts';

const { lic, dev, sub } = leaseClaims;

export const stateTrustGroups: VectorGroup[] = [
  group('No lease', [
    judged('nothing is stored', { stored: nothing }, unlicensed('never_activated', { deviceId: null })),
    judged('damaged beyond reading', { stored: 'damaged' }, tampered('state_damaged', { deviceId: null })),
    judged(
      'the seat was freed',
      { stored: storedWith({ lease: null, isDeactivated: true }) },
      unlicensed('deactivated'),
    ),
    judged(
      'an activation that failed',
      { stored: { ...nothing, problem: problem('NETWORK_ERROR') } },
      unlicensed('never_activated', { deviceId: null, warning: warning('NETWORK_ERROR') }),
    ),
    judged(
      'an activation that was refused for want of a seat',
      { stored: { ...nothing, problem: limitProblem }, flags: ['DeviceLimit'] },
      { ...deviceLimit, deviceId: null },
    ),
    judged(
      'the same, and the server told no numbers',
      { stored: { ...nothing, problem: problem('DEVICE_LIMIT_REACHED') }, flags: ['DeviceLimit'] },
      { ...deviceLimit, deviceId: null, seats: { limit: null, used: null } },
    ),
  ]),
  group('Bulletins', [
    judged(
      'names the license',
      { stored: storedWith({ revocations: bulletin({ licenses: [sub] }) }) },
      ended('revoked'),
    ),
    judged(
      'names the lease',
      { stored: storedWith({ revocations: bulletin({ leases: [leaseClaims.jti] }) }) },
      ended('revoked'),
    ),
    judged(
      'names the device: its seat was freed',
      { stored: storedWith({ revocations: bulletin({ devices: [dev] }) }) },
      unlicensed('deactivated'),
    ),
    judged(
      'is older than the lease',
      { stored: storedWith({ revocations: bulletin({ iat: NOW - 1, licenses: [sub] }) }) },
      active(),
    ),
    judged(
      'does not verify: whoever can damage it could as well have removed it',
      { stored: storedWith({ revocations: bulletin({ licenses: [sub] }, strangerKey) }) },
      active(),
    ),
  ]),
  group('What was stored is not what this app was given', [
    judged(
      'a lease of another machine',
      { stored: leaseWith({ fp: fp(otherMachine) }) },
      tampered('other_machine'),
    ),
    judged(
      'a lease of another machine that is expired: both say no, and the end comes first',
      { stored: leaseWith({ fp: fp(otherMachine) }), now: GRACE_UNTIL + 1 },
      expired(),
    ),
    judged(
      'a lease of another machine whose license is revoked',
      { stored: leaseWith({ fp: fp(otherMachine), lic: { ...lic, status: 'revoked' } }) },
      tampered('other_machine'),
    ),
    judged(
      'copied, and its activation here was refused for want of a seat',
      { stored: leaseWith({ fp: fp(otherMachine) }, { problem: limitProblem }), flags: ['DeviceLimit'] },
      deviceLimit,
    ),
    ...(
      [
        ['a lease by a stranger', leaseWith({}, { lease: lease({}, strangerKey) })],
        ['a lease that was edited', storedWith({ lease: edited(lease()) })],
        ['no lease but some text', storedWith({ lease: 'x' })],
        ['a lease of another product', leaseWith({ aud: 'prd_other' })],
        ['a lease of another issuer', leaseWith({ iss: 'https://other.example' })],
        ['no keyset', storedWith({ keyset: null })],
        ['a keyset by a stranger', storedWith({ keyset: keyset({}, strangerKey) })],
        [
          'a keyset older than the latest',
          storedWith({ lastSequences: { lease: 7, keyset: 5, revocations: 0 } }),
        ],
        [
          'a lease older than the latest: a file was brought back',
          storedWith({ lastSequences: { lease: 8, keyset: 4, revocations: 0 } }),
        ],
        ['a lease that claims a later version', leaseWith({ ver: 2 })],
      ] as const
    ).map(([comment, stored]) =>
      judged(comment, { stored, flags: ['Untrusted'] }, tampered('untrusted_lease')),
    ),
  ]),
  group(
    'An app with another root key',
    [judged('believes nothing', { stored: storedWith(), flags: ['Untrusted'] }, tampered('untrusted_lease'))],
    { rootKeys: [nextRootKey.jwk] },
  ),
  group('A keyset of another issuer', [
    judged(
      'vouches only for its own leases',
      { stored: storedWith({ keyset: keyset({ iss: `${ISSUER}.other` }) }), flags: ['Untrusted'] },
      tampered('untrusted_lease'),
    ),
  ]),
];

/** The claims say seq 8, the signature is of seq 7. */
function edited(token: string): string {
  const [header, , signature] = token.split('.');
  return [header, lease({ seq: 8 }).split('.')[1], signature].join('.');
}
