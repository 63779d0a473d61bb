import {
  bulletin,
  fp,
  keyset,
  lease,
  leaseClaims,
  machine,
  NONCE,
  OTHER_NONCE,
  otherMachine,
  PRODUCT,
  rootKey,
  strangerKey,
} from './issuer.ts';
import { DAY, NOW } from './kit.ts';
import { nothing, storedWith, type Values } from './state-group.ts';
import type { VectorFile, VectorGroup, VectorTest } from './vector-file.ts';

const { lic, pol, sub, dev } = leaseClaims;

/** The file as a server writes it, with members changed; `undefined` leaves one out. */
const fileOf = (changes: Values = {}): string =>
  JSON.stringify({ format: 'thrive-license-file', version: 1, lease: lease(), keyset: keyset(), ...changes });
const withLease = (changes: Values): string => fileOf({ lease: lease(changes) });

interface Case {
  readonly text: string;
  readonly stored?: Values;
  readonly now?: number;
  /** When a request with NONCE was made; null: it never was. */
  readonly requestedAt?: number | null;
  readonly flags?: readonly string[];
}

function inputOf({ text, stored = nothing, now = NOW, requestedAt = NOW - DAY }: Case) {
  const requests = requestedAt === null ? [] : [{ nonce: NONCE, createdAt: requestedAt }];
  return { text, stored: { ...stored, requests }, now };
}
const imported = (comment: string, one: Case, expected: Values = {}): VectorTest => ({
  comment,
  flags: one.flags ?? [],
  input: inputOf(one),
  expected: {
    licenseId: sub,
    sequence: 7,
    keysetSequence: 4,
    revocationsSequence: null,
    highWater: one.now ?? NOW,
    ...expected,
  },
});
const refused =
  (part: 'file' | 'keyset' | 'revocations' | 'lease') =>
  (reason: string, comment: string, one: Case): VectorTest => ({
    comment,
    flags: one.flags ?? [],
    input: inputOf(one),
    error: 'INVALID_LICENSE_FILE',
    expected: { part, reason },
  });
const badFile = refused('file');
const badKeyset = refused('keyset');
const badBulletin = refused('revocations');
const badLease = refused('lease');
const group = (comment: string, tests: readonly VectorTest[]): VectorGroup => ({
  type: 'LicenseFile',
  comment,
  rootKeys: [rootKey.jwk],
  audience: PRODUCT,
  device: machine,
  tests,
});

export const licenseFileVectors: VectorFile = {
  algorithm: 'thrive-license-file',
  schema: 'license_file_v1',
  header: [
    'Whether a machine without a network takes over the text of a .lic file, or which part of it is refused and why.',
    'All keys are made for these vectors from public texts: TEST ONLY.',
  ],
  notes: {
    Replay:
      'A file answers one of the requests of this machine, or carries no nonce and is newer than what is here. Else an old file could undo what came after it.',
    Healing:
      'A file that answers our request was made after it: its time outranks what this machine believed.',
  },
  groups: [
    group('The text', [
      imported('as a server writes it', { text: fileOf() }),
      imported('laid out for people, with a byte order mark', {
        text: `\ufeff${JSON.stringify(JSON.parse(fileOf()), null, 2)}\r\n`,
      }),
      imported('members of a later server', { text: fileOf({ later: true }) }),
      imported('no bulletin, said so', { text: fileOf({ revocations: null }) }),
      badFile('NOT_A_LICENSE_FILE', 'nothing', { text: '' }),
      badFile('NOT_A_LICENSE_FILE', 'no JSON', { text: 'eyJhbGciOiJFZDI1NTE5' }),
      badFile('NOT_A_LICENSE_FILE', 'a list', { text: `[${fileOf()}]` }),
      badFile('NOT_A_LICENSE_FILE', 'a request', { text: fileOf({ format: 'thrive-license-request' }) }),
      badFile('NOT_A_LICENSE_FILE', 'no lease', { text: fileOf({ lease: undefined }) }),
      badFile('NOT_A_LICENSE_FILE', 'no keyset', { text: fileOf({ keyset: undefined }) }),
      badFile('NOT_A_LICENSE_FILE', 'a bulletin that is no text', { text: fileOf({ revocations: {} }) }),
      badFile('NOT_A_LICENSE_FILE', 'cut off', { text: fileOf().slice(0, -1) }),
      badFile('BAD_VERSION', 'a later version', { text: fileOf({ version: 2 }) }),
      badFile('BAD_VERSION', 'a version that is a text', { text: fileOf({ version: '1' }) }),
    ]),
    group('Whom it answers', [
      imported('a request of this machine', { text: fileOf() }),
      imported('a request of 30 days ago', {
        text: fileOf(),
        requestedAt: NOW - 30 * DAY,
        flags: ['Replay'],
      }),
      badLease('WRONG_NONCE', 'a request of 30 days and a second ago', {
        text: fileOf(),
        requestedAt: NOW - 30 * DAY - 1,
        flags: ['Replay'],
      }),
      badLease('WRONG_NONCE', 'no request of this machine', {
        text: withLease({ nonce: OTHER_NONCE }),
        flags: ['Replay'],
      }),
      badLease('WRONG_NONCE', 'a request that was answered already', {
        text: fileOf(),
        requestedAt: null,
        flags: ['Replay'],
      }),
      imported('nobody: a first file without a nonce', {
        text: withLease({ nonce: undefined }),
        requestedAt: null,
      }),
      imported(
        'nobody, and it is newer than what is here',
        { text: withLease({ nonce: undefined, seq: 8 }), stored: storedWith() },
        { sequence: 8 },
      ),
      badLease('STALE_SEQUENCE', 'nobody, and it is older than what is here', {
        text: withLease({ nonce: undefined, seq: 6 }),
        stored: storedWith(),
        flags: ['Replay'],
      }),
      badLease('STALE_SEQUENCE', 'nobody, and it is as old as what is here, but another', {
        text: withLease({ nonce: undefined, seq: 7 }),
        stored: storedWith(),
        flags: ['Replay'],
      }),
      imported('the very lease that is here, imported once more', {
        text: fileOf(),
        stored: storedWith(),
        requestedAt: null,
      }),
      imported(
        'nobody, for another device than the one before: its sequence is its own',
        { text: withLease({ nonce: undefined, seq: 1 }), stored: storedWith({ deviceId: `${dev}x` }) },
        { sequence: 1 },
      ),
    ]),
    group('Keyset and bulletin', [
      badKeyset('UNKNOWN_KEY', 'a keyset by a stranger', {
        text: fileOf({ keyset: keyset({}, strangerKey) }),
      }),
      badKeyset('STALE_SEQUENCE', 'a keyset older than the one here', {
        text: fileOf({ keyset: keyset({ seq: 3 }) }),
        stored: storedWith(),
      }),
      badKeyset('MALFORMED_TOKEN', 'a keyset that is some text', { text: fileOf({ keyset: 'x' }) }),
      imported(
        'a bulletin that names others',
        { text: fileOf({ revocations: bulletin({ devices: ['dev_other'] }) }) },
        { revocationsSequence: 2 },
      ),
      badLease('REVOKED', 'a bulletin that names this device', {
        text: fileOf({ revocations: bulletin({ devices: [dev] }) }),
      }),
      badBulletin('UNKNOWN_KEY', 'a bulletin by a stranger', {
        text: fileOf({ revocations: bulletin({}, strangerKey) }),
      }),
      badBulletin('STALE_SEQUENCE', 'a bulletin older than the one here', {
        text: fileOf({ revocations: bulletin({ seq: 2 }) }),
        stored: storedWith({ lastSequences: { lease: 0, keyset: 4, revocations: 3 } }),
      }),
    ]),
    group('The lease', [
      badLease('DEVICE_MISMATCH', 'of another machine', { text: withLease({ fp: fp(otherMachine) }) }),
      badLease('WRONG_AUDIENCE', 'of another product', { text: withLease({ aud: 'prd_other' }) }),
      badLease('UNKNOWN_KEY', 'by a stranger', { text: fileOf({ lease: lease({}, strangerKey) }) }),
      badLease('LICENSE_NOT_ACTIVE', 'that says no', {
        text: withLease({ lic: { ...lic, status: 'suspended' } }),
      }),
      badLease('LEASE_EXPIRED', 'that has run out', {
        text: fileOf(),
        now: NOW + 22 * DAY,
        requestedAt: NOW,
      }),
      imported('in its grace', { text: fileOf(), now: NOW + 15 * DAY, requestedAt: NOW }),
      imported('of ten years', {
        text: withLease({ exp: NOW + 3650 * DAY, pol: { ...pol, refresh: 1825 * DAY } }),
      }),
      imported(
        'a clock that was set ahead once is healed by a file that answers our request',
        { text: fileOf(), stored: { ...nothing, highWater: NOW + 1000 * DAY }, flags: ['Healing'] },
        { highWater: NOW },
      ),
      badLease('CLOCK_ROLLBACK', 'and not by one that answers nobody', {
        text: withLease({ nonce: undefined }),
        stored: { ...nothing, highWater: NOW + 1000 * DAY },
        flags: ['Healing'],
      }),
    ]),
  ],
};
