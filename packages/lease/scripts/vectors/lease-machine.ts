import {
  bulletin,
  COMPONENTS,
  digestsOf,
  fp,
  keyEntry,
  keyset,
  lease,
  leaseClaims,
  machine,
  nextRootKey,
  nextSigningKey,
  otherMachine,
  rootKey,
  signingKey,
} from './issuer.ts';
import { DAY, digestOf, NOW } from './kit.ts';
import { accepted, leaseGroup, refused, unreadable } from './lease-group.ts';
import type { VectorGroup, VectorTest } from './vector-file.ts';

const good = (comment: string, token: string, changed: string[] = [], expected = {}): VectorTest =>
  accepted({ comment, token }, { changed, ...expected });
const no =
  (error: string) =>
  (comment: string, token: string, ...flags: string[]) =>
    refused(error, { comment, token, flags });
const revoked = no('REVOKED');
const mismatch = no('DEVICE_MISMATCH');
const notActive = no('LICENSE_NOT_ACTIVE');
const status = (text: string): string => lease({ lic: { ...leaseClaims.lic, status: text } });

const { sub, jti, dev } = leaseClaims;
const changedParts = (...names: string[]) => ({
  fingerprint: digestOf('a new fingerprint'),
  components: { ...machine.components, ...digestsOf(names, ' exchanged') },
});
const enrolled = (device: Parameters<typeof fp>[0], threshold?: number) =>
  lease({ fp: fp(device, threshold) });
const ownFingerprint = { fingerprint: 'a-name-of-the-apps-own', components: {} };

const oldKeys = [keyEntry(signingKey)];
const bothKeys = [keyEntry(signingKey, NOW - 100 * DAY, NOW), keyEntry(nextSigningKey, NOW, null)];
const newKeys = [keyEntry(nextSigningKey, NOW, null)];

export const leaseMachineGroups: VectorGroup[] = [
  leaseGroup(
    'Step 20: a bulletin of the same second that names the license',
    [
      revoked('its license', lease()),
      good('another license', lease({ sub: 'lic_other' })),
      good('issued a second after the bulletin', lease({ iat: NOW + 1 }), [], { highWater: NOW + 1 }),
    ],
    { revocations: bulletin({ licenses: ['lic_first', sub] }) },
  ),
  leaseGroup(
    'Step 20: the lease is named',
    [revoked('its id', lease()), good('another id', lease({ jti: 'lease_other' }))],
    {
      revocations: bulletin({ leases: [jti] }),
    },
  ),
  leaseGroup(
    'Step 20: the device is named',
    [revoked('its device', lease()), good('another device', lease({ dev: 'dev_other' }))],
    {
      revocations: bulletin({ devices: [dev] }),
    },
  ),
  leaseGroup(
    'Step 20: ids in the wrong lists',
    [good('an id withdraws only what it is the id of', lease())],
    {
      revocations: bulletin({ leases: [sub, dev], licenses: [jti, dev], devices: [jti, sub] }),
    },
  ),
  leaseGroup(
    'Step 20: a bulletin older than the lease',
    [
      good('the device was freed and activated again', lease()),
      revoked('an older lease', lease({ iat: NOW - 1 })),
    ],
    { revocations: bulletin({ iat: NOW - 1, devices: [dev] }) },
  ),
  leaseGroup('Step 20: a bulletin that names nothing', [good('all is well', lease())], {
    revocations: bulletin(),
  }),
  leaseGroup('Step 21: the machine as it was enrolled', [
    good('the same', lease()),
    mismatch('enrolled is another', enrolled(otherMachine)),
    mismatch(
      'the digests themselves instead of the sealed ones',
      lease({ fp: { ...fp(machine), fingerprint: machine.fingerprint, components: machine.components } }),
      'Sealing',
    ),
    mismatch(
      'sealed under the names of other parts',
      lease({
        fp: {
          ...fp(machine),
          fingerprint: fp(otherMachine).fingerprint,
          components: rotated(fp(machine).components),
        },
      }),
      'Sealing',
    ),
    good(
      'enrolled with a component of a later server as well',
      lease({
        fp: { ...fp(machine), components: { ...fp(machine).components, tpm: 'AAAAAAAAAAAAAAAAAAAAAA' } },
      }),
    ),
  ]),
  ...COMPONENTS.map((name) =>
    leaseGroup(
      `Step 21: ${name} was exchanged, and the fingerprint with it`,
      [good('survives, and names the part', lease(), [name])],
      { device: changedParts(name) },
    ),
  ),
  leaseGroup(
    'Step 21: both strong components were exchanged',
    [
      mismatch('the weak ones alone make no machine', lease()),
      mismatch('nor at a threshold of 0', enrolled(machine, 0)),
    ],
    { device: changedParts('os_install_id', 'board_id') },
  ),
  leaseGroup(
    'Step 21: one strong component of two was exchanged',
    [
      mismatch('half of the weight is not more than half', enrolled(only('os_install_id', 'board_id'))),
      good(
        'with a weak one beside it that is more than half',
        enrolled(only('os_install_id', 'board_id', 'cpu')),
        ['board_id'],
      ),
      good('half of the weight at a threshold of 49', enrolled(only('os_install_id', 'board_id'), 49), [
        'board_id',
      ]),
      good('seven of ten at a threshold of 69', enrolled(machine, 69), ['board_id']),
      mismatch('seven of ten at a threshold of 70', enrolled(machine, 70)),
    ],
    { device: changedParts('board_id') },
  ),
  leaseGroup(
    'Step 21: parts that cannot be read any more',
    [
      good('are no change to enroll, and cost weight only', lease()),
      mismatch('six of ten at a threshold of 60', enrolled(machine, 60)),
    ],
    { device: { ...changedParts(), components: { ...digestsOf(['os_install_id', 'board_id']), mac: '' } } },
  ),
  leaseGroup(
    "Step 21: a fingerprint of the app's own and no components",
    [good('equal', enrolled(ownFingerprint)), mismatch('another', lease())],
    { device: ownFingerprint },
  ),
  leaseGroup('Step 21: an equal fingerprint is enough', [
    good(
      'though every component is another',
      enrolled({ ...otherMachine, fingerprint: machine.fingerprint }),
      [...COMPONENTS],
    ),
  ]),
  leaseGroup('Step 21: an empty fingerprint is none', [mismatch('no part can be read', lease())], {
    device: { fingerprint: '', components: {} },
  }),
  leaseGroup(
    'Step 21: no machine to compare, in a tool that inspects leases',
    [good('of another machine', enrolled(otherMachine))],
    {
      device: null,
    },
  ),
  leaseGroup('Step 22: the status of the license', [
    ...['suspended', 'revoked', 'expired', 'not_started', 'deactivated', 'paused', 'Active', 'active '].map(
      (text) => notActive(`status ${JSON.stringify(text)}`, status(text)),
    ),
    accepted({ comment: 'a trial', token: lease({ lic: { ...leaseClaims.lic, type: 'trial' } }) }),
    refused('LICENSE_NOT_ACTIVE', {
      comment: 'a signed refusal with our nonce: proof, for the app to believe at once',
      token: status('revoked'),
      moment: { nonce: leaseClaims.nonce },
      flags: ['SignedRefusal'],
    }),
  ]),
  leaseGroup(
    'Rotation: before it',
    [
      good('the old key', lease()),
      unreadable('UNKNOWN_KEY', {
        comment: 'the new key is not listed yet: fetch the keyset',
        token: lease({}, nextSigningKey),
      }),
    ],
    { keyset: keyset({ keys: oldKeys }) },
  ),
  leaseGroup(
    'Rotation: both keys are listed',
    [
      good('the old key, before its end', lease({ iat: NOW - 1 })),
      unreadable('KEY_NOT_VALID_AT_ISSUE', { comment: 'the old key, at its end', token: lease() }),
      good('the new key, from its first second', lease({}, nextSigningKey)),
      unreadable('KEY_NOT_VALID_AT_ISSUE', {
        comment: 'the new key, before its first second',
        token: lease({ iat: NOW - 1 }, nextSigningKey),
      }),
    ],
    { keyset: keyset({ seq: 5, keys: bothKeys }) },
  ),
  leaseGroup(
    'Rotation: the old key was withdrawn, as when it was stolen',
    [
      unreadable('UNKNOWN_KEY', {
        comment: 'the old key, dated back',
        token: lease({ iat: NOW - 1 }),
        flags: ['StolenKey'],
      }),
      good('the new key', lease({}, nextSigningKey)),
    ],
    { keyset: keyset({ seq: 6, keys: newKeys }) },
  ),
  leaseGroup(
    'Rotation of the root key: the app has both',
    [good('the keyset is signed by the new one', lease())],
    {
      rootKeys: [rootKey.jwk, nextRootKey.jwk],
      keyset: keyset({ seq: 7 }, nextRootKey),
    },
  ),
  leaseGroup(
    'A keyset vouches only for its own issuer',
    [refused('WRONG_ISSUER', { comment: 'a lease of another', token: lease() })],
    {
      keyset: keyset({ iss: 'https://other.example' }),
    },
  ),
];

function only(...names: string[]) {
  return { fingerprint: machine.fingerprint, components: digestsOf(names) };
}

/** Every part's digest under the name of the next part. */
function rotated(components: Readonly<Record<string, string>>): Record<string, string> {
  const digests = Object.values(components);
  return Object.fromEntries(
    Object.keys(components).map((name, index) => [name, digests[(index + 1) % digests.length] ?? '']),
  );
}
