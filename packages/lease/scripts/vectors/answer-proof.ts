import {
  fp,
  keyEntry,
  keyset,
  lease,
  leaseClaims,
  machine,
  NONCE,
  nextSigningKey,
  OTHER_NONCE,
  otherMachine,
  PRODUCT,
  rootKey,
  signingKey,
  strangerKey,
} from './issuer.ts';
import { DAY, NOW } from './kit.ts';
import type { VectorFile, VectorGroup, VectorTest } from './vector-file.ts';

type Values = Readonly<Record<string, unknown>>;

const { lic, pol } = leaseClaims;

interface Case {
  /** The lease of the answer. */
  readonly token: string;
  readonly now?: number;
  readonly highWater?: number;
  /** What this installation has stored. */
  readonly keyset?: string | null;
  readonly keysetSequence?: number;
  /** What the server publishes; null: it cannot be fetched. */
  readonly published?: string | null;
  readonly flags?: readonly string[];
}

function inputOf(one: Case) {
  const {
    token,
    now = NOW,
    highWater = NOW,
    keysetSequence = 4,
    keyset: known = keyset(),
    published = null,
  } = one;
  return { token, nonce: NONCE, now, highWater, keyset: known, keysetSequence, published };
}

const proven = (comment: string, one: Case, expected: Values = {}): VectorTest => ({
  comment,
  flags: one.flags ?? [],
  input: inputOf(one),
  expected: {
    isRefusal: false,
    isClockWrong: false,
    highWater: one.now ?? NOW,
    keysetSequence: 4,
    ...expected,
  },
});
const refusal = (comment: string, one: Case, expected: Values = {}): VectorTest =>
  proven(comment, { flags: ['SignedRefusal'], ...one }, { isRefusal: true, ...expected });
/** `reason`: the step that failed, of the lease or of its keyset. */
const untrusted = (comment: string, one: Case, reason: string): VectorTest => ({
  comment,
  flags: one.flags ?? [],
  input: inputOf(one),
  error: 'UNTRUSTED_ANSWER',
  expected: { reason },
});
const group = (comment: string, tests: readonly VectorTest[]): VectorGroup => ({
  type: 'AnswerProof',
  comment,
  rootKeys: [rootKey.jwk],
  audience: PRODUCT,
  device: machine,
  tests,
});

const saysNo = (status: string, changes: Values = {}): string =>
  lease({ exp: NOW + 300, lic: { ...lic, status }, pol: { ...pol, refresh: 0, grace: 0 }, ...changes });
const rotated = keyset({ seq: 5, keys: [keyEntry(signingKey), keyEntry(nextSigningKey)] });
const byNewKey = lease({}, nextSigningKey);

export const answerProofVectors: VectorFile = {
  algorithm: 'thrive-answer-proof',
  schema: 'answer_proof_v1',
  header: [
    'Whether the lease in an online answer proves that the license server answered this very request, now.',
    'What proves nothing changes nothing: it ends no valid lease and begins none.',
    'All keys are made for these vectors from public texts: TEST ONLY.',
  ],
  notes: {
    Replay: 'An answer to another request, however well signed, is an old one or one for somebody else.',
    SignedRefusal:
      'A no counts at once when its lease carries our nonce and every step but the last one holds.',
    ClockWrong:
      'With our nonce the time of the lease is the time of the server. The lease is taken, and the user is told of the clock.',
    Rotation:
      'A key that is not listed yet is worth one fetch of the published keyset, which must be rooted like any other.',
    Impostor: 'Whoever can answer in the place of the server can also publish keys in its place.',
  },
  groups: [
    group('A lease that allows use', [
      proven('with our nonce', { token: lease() }),
      proven('a license past its end, in its days of grace', {
        token: lease({ lic: { ...lic, exp: NOW - 1 } }),
      }),
      untrusted(
        'with another nonce',
        { token: lease({ nonce: OTHER_NONCE }), flags: ['Replay'] },
        'WRONG_NONCE',
      ),
      untrusted('without a nonce', { token: lease({ nonce: undefined }), flags: ['Replay'] }, 'WRONG_NONCE'),
      untrusted('of another product', { token: lease({ aud: 'prd_other' }) }, 'WRONG_AUDIENCE'),
      untrusted('of another machine', { token: lease({ fp: fp(otherMachine) }) }, 'DEVICE_MISMATCH'),
      untrusted('by a stranger under our key', { token: byStranger(), flags: ['Impostor'] }, 'BAD_SIGNATURE'),
      untrusted('no lease but some text', { token: 'x' }, 'MALFORMED_TOKEN'),
    ]),
    group('A lease that says no', [
      ...['revoked', 'suspended', 'expired', 'not_started', 'deactivated', 'paused_by_a_later_server'].map(
        (status) => refusal(status, { token: saysNo(status) }),
      ),
      untrusted(
        'with another nonce: somebody plays it back to lock a user out',
        { token: saysNo('revoked', { nonce: OTHER_NONCE }), flags: ['Replay', 'SignedRefusal'] },
        'WRONG_NONCE',
      ),
      untrusted(
        'of another machine',
        { token: saysNo('revoked', { fp: fp(otherMachine) }), flags: ['SignedRefusal'] },
        'DEVICE_MISMATCH',
      ),
      untrusted(
        'of another product',
        { token: saysNo('revoked', { aud: 'prd_other' }), flags: ['SignedRefusal'] },
        'WRONG_AUDIENCE',
      ),
      refusal(
        'while the clock is far ahead',
        {
          token: saysNo('revoked'),
          now: NOW + 90 * DAY,
          highWater: NOW + 90 * DAY,
          flags: ['SignedRefusal', 'ClockWrong'],
        },
        { highWater: NOW },
      ),
      refusal(
        'while the clock is far behind',
        { token: saysNo('revoked'), now: NOW - 90 * DAY, flags: ['SignedRefusal', 'ClockWrong'] },
        { highWater: NOW },
      ),
    ]),
    group('The clock of this machine', [
      proven(
        'was set ahead once, and is right again: the mark becomes the time of the lease',
        { token: lease(), highWater: NOW + 1000 * DAY, flags: ['ClockWrong'] },
        { highWater: NOW },
      ),
      proven('is ahead, within the lease', { token: lease(), now: NOW + DAY }, { highWater: NOW + DAY }),
      proven(
        'is ahead, beyond the lease and its grace',
        { token: lease(), now: NOW + 30 * DAY, flags: ['ClockWrong'] },
        { isClockWrong: true, highWater: NOW },
      ),
      proven('is behind, within the skew', { token: lease(), now: NOW - 300 }, { highWater: NOW }),
      proven(
        'is behind by more than the skew',
        { token: lease(), now: NOW - 301, flags: ['ClockWrong'] },
        { isClockWrong: true, highWater: NOW },
      ),
      proven(
        'is behind by more than the tolerance for being set back',
        { token: lease(), now: NOW - 30 * DAY, flags: ['ClockWrong'] },
        { isClockWrong: true, highWater: NOW },
      ),
      untrusted(
        'is wrong, and the lease is of another machine: the steps behind those of the clock count all the same',
        { token: lease({ fp: fp(otherMachine) }), now: NOW + 30 * DAY, flags: ['ClockWrong'] },
        'DEVICE_MISMATCH',
      ),
    ]),
    group('Keys', [
      proven('no keyset is stored yet: the published one', {
        token: lease(),
        keyset: null,
        keysetSequence: 0,
        published: keyset(),
      }),
      proven(
        'a key that is not listed yet: the published keyset lists it',
        { token: byNewKey, published: rotated, flags: ['Rotation'] },
        { keysetSequence: 5 },
      ),
      proven('a known key needs no fetch', { token: lease(), published: null }),
      proven(
        'what is stored is damaged: the published one',
        { token: lease(), keyset: 'x', published: rotated, flags: ['Rotation'] },
        { keysetSequence: 5 },
      ),
      untrusted(
        'a key that the published keyset does not list either',
        { token: lease({}, strangerKey), published: rotated, flags: ['Impostor'] },
        'UNKNOWN_KEY',
      ),
      untrusted(
        'the published keyset is by a stranger',
        {
          token: lease({}, strangerKey),
          published: keyset({ seq: 9, keys: [keyEntry(strangerKey)] }, strangerKey),
          flags: ['Impostor'],
        },
        'keyset_not_trusted',
      ),
      untrusted(
        'the published keyset is older than the one known: it may list a key withdrawn since',
        { token: lease({}, strangerKey), published: keyset({ seq: 3 }), flags: ['Impostor', 'Rotation'] },
        'keyset_not_trusted',
      ),
    ]),
  ],
};

function byStranger(): string {
  return lease({}, { ...strangerKey, kid: signingKey.kid });
}
